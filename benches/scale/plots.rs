//! The figures against the number of pods, as pictures in `docs/plots/`. Their background is clear,
//! and their colours are legible on light and dark.

use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::churn::Followed;
use super::figures::{Figures, cpu_a_pod, middle};
use super::process::Usage;
use super::syncs::Syncs;

const SIZE: (u32, u32) = (720, 400);
/// The height of what lies between the axes and the title.
const PLOTTED: f64 = 315.0;
const FONT: &str = "sans-serif";
const GREY: RGBColor = RGBColor(125, 130, 140);
const FAINT: RGBAColor = RGBAColor(125, 130, 140, 0.25);
const COLOURS: [RGBColor; 4] =
    [RGBColor(55, 125, 220), RGBColor(225, 110, 20), RGBColor(40, 150, 90), RGBColor(160, 90, 190)];

type Points = Vec<(f64, f64)>;

struct Plot {
    /// The file's name.
    name: &'static str,
    title: &'static str,
    lines: Vec<(String, Points)>,
}

/// Draws all for which there are figures; the others stay as they are.
pub(crate) fn draw_all(figures: &Figures) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plots");
    fs::create_dir_all(&folder).expect("a folder");
    let plots = [of_syncs(&figures.simulated), of_real(&figures.real), of_churn(&figures.followed)];
    for plot in plots.iter().flatten().filter(|plot| plot.lines.iter().any(|(_, points)| points.len() > 1)) {
        let path = folder.join(plot.name);
        draw(&SVGBackend::new(&path, SIZE).into_drawing_area(), plot).expect("a picture");
        eprintln!("{}", path.display());
    }
}

fn of_syncs(all: &[(usize, Syncs)]) -> Vec<Plot> {
    let time = |usage: &Usage, _| usage.wall.as_secs_f64();
    vec![
        Plot {
            name: "sync-time.svg",
            title: "Seconds until in sync, simulated server",
            lines: lines(all, &Syncs::each, &time),
        },
        Plot {
            name: "sync-cpu.svg",
            title: "µs of CPU for each pod until in sync, simulated server",
            lines: lines(all, &|syncs| syncs.each().into_iter().skip(1), &cpu_a_pod),
        },
        Plot {
            name: "memory.svg",
            title: "MiB of RSS, at the peak",
            lines: lines(all, &|syncs| syncs.each().into_iter().skip(1), &|usage, _| usage.peak_rss),
        },
    ]
}

fn of_real(all: &[(usize, Syncs)]) -> Vec<Plot> {
    let time = |usage: &Usage, _| usage.wall.as_secs_f64();
    let title = "Seconds until in sync, real server";
    vec![Plot { name: "sync-time-real.svg", title, lines: lines(all, &Syncs::each, &time) }]
}

/// A line for each of what `each` tells of the syncs.
fn lines<'a, I>(
    all: &'a [(usize, Syncs)],
    each: &impl Fn(&'a Syncs) -> I,
    value: &impl Fn(&Usage, usize) -> f64,
) -> Vec<(String, Points)>
where
    I: IntoIterator<Item = (&'static str, &'a [Usage])>,
{
    let points = all.iter().flat_map(|(pods, syncs)| {
        each(syncs)
            .into_iter()
            .map(move |(who, usages)| (who.to_owned(), *pods, value(&middle(usages), *pods)))
    });
    by_line(points)
}

fn of_churn(all: &[Followed]) -> Vec<Plot> {
    let lines = |value: fn(&Followed) -> f64| {
        by_line(all.iter().map(|one| {
            let name = format!("{} changes a second, record in {}", one.changes_a_second, one.record);
            (name, one.pods, value(one))
        }))
    };
    vec![
        Plot { name: "churn-cpu.svg", title: "Percent of a core", lines: lines(|one| one.cpu) },
        Plot {
            name: "churn-lag.svg",
            title: "Milliseconds from a change to its line, p99",
            lines: lines(|one| one.p99().as_secs_f64() * 1_000.0),
        },
    ]
}

/// Points gathered by the name of their line, in the order of their first.
#[expect(clippy::cast_precision_loss, reason = "far from 2^53")]
fn by_line(points: impl Iterator<Item = (String, usize, f64)>) -> Vec<(String, Points)> {
    let mut lines: Vec<(String, Points)> = Vec::new();
    for (name, pods, value) in points {
        let point = (pods as f64, value);
        match lines.iter_mut().find(|(own, _)| *own == name) {
            Some((_, points)) => points.push(point),
            None => lines.push((name, vec![point])),
        }
    }
    lines
}

/// Both axes are logarithmic.
#[expect(clippy::cast_precision_loss, reason = "a few lines")]
fn draw(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    plot: &Plot,
) -> Result<(), Box<dyn std::error::Error + 'static>> {
    let points = || plot.lines.iter().flat_map(|(_, points)| points);
    let extent = |of: fn(&(f64, f64)) -> f64| {
        let values = || points().map(of);
        values().fold(f64::INFINITY, f64::min)..values().fold(0.0, f64::max)
    };
    let (pods, values) = (extent(|point| point.0), extent(|point| point.1.max(1e-3)));
    // Above the highest value is room for the names.
    let names = (plot.lines.len() as f64 * 20.0 + 16.0) / PLOTTED;
    let ratio = values.end / values.start;
    let top = values.end * ratio.powf(names / (1.0 - names)) * 1.1;
    let text = |size: i32| (FONT, size).into_font().color(&GREY);
    let mut chart = ChartBuilder::on(area)
        .caption(plot.title, text(20))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(
            (pods.start..pods.end * 1.05).log_scale(),
            (values.start / 1.1..top).log_scale(),
        )?;
    chart
        .configure_mesh()
        .axis_style(GREY)
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .label_style(text(16))
        .x_labels(4)
        .x_desc("pods")
        .x_label_formatter(&|pods| thousands(*pods))
        .y_label_formatter(&|value| short(*value))
        .draw()?;
    for ((name, points), colour) in plot.lines.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(text(16))
        .border_style(TRANSPARENT)
        .draw()?;
    area.present()?;
    Ok(())
}

fn thousands(pods: f64) -> String {
    if pods >= 1e6 { format!("{}M", pods / 1e6) } else { format!("{}k", pods / 1e3) }
}

fn short(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{}", (value * 1_000.0).round() / 1_000.0) }
}
