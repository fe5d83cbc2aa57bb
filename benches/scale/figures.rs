//! What was measured, by what it is of and the number of pods.

use super::churn::Followed;
use super::process::Usage;
use super::relist::Relisted;
use super::syncs::Syncs;
use super::table;

/// The figures of all parts that were run.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) simulated: Vec<(usize, Syncs)>,
    pub(crate) real: Vec<(usize, Syncs)>,
    pub(crate) followed: Vec<Followed>,
    pub(crate) relisted: Vec<Relisted>,
}

/// The median time, the median of CPU, the highest peak and the highest memory at rest of some rounds.
pub(crate) fn middle(usages: &[Usage]) -> Usage {
    let highest = |of: fn(&Usage) -> f64| usages.iter().map(of).fold(0.0, f64::max);
    Usage {
        wall: table::median(usages.iter().map(|usage| usage.wall).collect()),
        cpu: table::median(usages.iter().map(|usage| usage.cpu).collect()),
        peak_rss: highest(|usage| usage.peak_rss),
        rss: highest(|usage| usage.rss),
    }
}

/// Microseconds of CPU for each pod.
#[expect(clippy::cast_precision_loss, reason = "far from 2^53")]
pub(crate) fn cpu_a_pod(usage: &Usage, pods: usize) -> f64 {
    usage.cpu.as_secs_f64() * 1e6 / pods as f64
}

impl Figures {
    /// Prints all figures, and beside the goals what was seen.
    pub(crate) fn print(&self) {
        print_syncs("simulated", &self.simulated);
        print_syncs("real", &self.real);
        if !self.followed.is_empty() {
            println!(
                "\n| pods | record | changes a second | made | CPU | lag p50 | p99 | longest | p99, second half | peak RSS |"
            );
            println!("|---|---|---|---|---|---|---|---|---|---|");
            self.followed.iter().for_each(Followed::print);
        }
        println!();
        table::heading();
        self.print_goals();
    }

    fn print_goals(&self) {
        for (pods, syncs) in &self.simulated {
            let memory = middle(&syncs.memory);
            if let Some(goal) = goal(*pods, [(30_000, "20 MiB"), (150_000, "45 MiB"), (1_000_000, "190 MiB")])
            {
                table::row(&format!("peak RSS, {pods} pods"), goal, &format!("{:.1} MiB", memory.peak_rss));
            }
            let file = middle(&syncs.file).peak_rss;
            let goal_of_file = if *pods == 30_000 { "28 MiB" } else { "" };
            let what = format!("… with a record in a file, {pods} pods");
            table::row(&what, goal_of_file, &format!("{file:.1} MiB"));
            let above = format!("{:.2} times", memory.peak_rss / memory.rss);
            table::row(&format!("peak above RSS at rest, {pods} pods"), "not doubled", &above);
            let cpu = cpu_a_pod(&memory, *pods);
            table::row(&format!("CPU of a first sync, {pods} pods"), "8 µs a pod", &format!("{cpu:.1} µs"));
            let restart = middle(&syncs.restart);
            let goal = goal(*pods, [(30_000, "0.25 s"), (150_000, "1 s"), (0, "")]).unwrap_or_default();
            let seen = format!("{:.2} s, CPU {:.2} s", restart.wall.as_secs_f64(), restart.cpu.as_secs_f64());
            table::row(&format!("restart until ready, {pods} pods"), goal, &seen);
        }
        for pair in self.simulated.windows(2) {
            let [(few, before), (many, after)] = pair else { continue };
            let bytes = marginal([(*few, middle(&before.memory)), (*many, middle(&after.memory))]);
            table::row(&format!("a further pod, from {few} to {many}"), "160 B", &format!("{bytes:.0} B"));
        }
        for (pods, syncs) in &self.real {
            let ratio =
                middle(&syncs.memory).wall.as_secs_f64() / middle(&syncs.thrown_away).wall.as_secs_f64();
            let what = format!("first sync, {pods} pods on a real server");
            table::row(&what, "1.15 of the reader's time", &format!("{ratio:.2}"));
        }
        self.followed.iter().for_each(Followed::print_goals);
        self.relisted.iter().for_each(Relisted::print);
    }
}

fn goal(pods: usize, goals: [(usize, &'static str); 3]) -> Option<&'static str> {
    goals.into_iter().find_map(|(size, goal)| (size == pods).then_some(goal))
}

/// The bytes of the peak that each further pod took.
#[expect(clippy::cast_precision_loss, reason = "far from 2^53")]
fn marginal([(few, before), (many, after)]: [(usize, Usage); 2]) -> f64 {
    (after.peak_rss - before.peak_rss) * 1_048_576.0 / (many - few) as f64
}

fn print_syncs(server: &str, all: &[(usize, Syncs)]) {
    if all.is_empty() {
        return;
    }
    println!(
        "\n| {server} server, until in sync | pods | time | of the reader's | CPU | a pod | peak RSS | at rest |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (pods, syncs) in all {
        let floor = middle(&syncs.thrown_away).wall.as_secs_f64();
        for (who, usages) in syncs.each() {
            let usage = middle(usages);
            let wall = usage.wall.as_secs_f64();
            println!(
                "| {who} | {pods} | {wall:.2} s | {:.2} | {:.2} s | {:.1} µs | {:.1} MiB | {:.1} MiB |",
                wall / floor,
                usage.cpu.as_secs_f64(),
                cpu_a_pod(&usage, *pods),
                usage.peak_rss,
                usage.rss,
            );
        }
    }
}
