//! Chance that leaves nothing out.

use fastrand::Rng;

/// Cards that are dealt in a random order, each of them before one comes again.
#[derive(Debug)]
pub(crate) struct Deck<T> {
    cards: Vec<T>,
    left: Vec<T>,
}

impl<T: Copy> Deck<T> {
    /// Of so many cards each.
    pub(crate) fn new(cards: &[(usize, T)]) -> Self {
        let cards = cards.iter().flat_map(|(count, card)| std::iter::repeat_n(*card, *count));
        Self { cards: cards.collect(), left: Vec::new() }
    }

    pub(crate) fn deal(&mut self, rng: &mut Rng) -> T {
        if self.left.is_empty() {
            self.left.clone_from(&self.cards);
            rng.shuffle(&mut self.left);
        }
        self.left.pop().expect("a deck has cards")
    }
}
