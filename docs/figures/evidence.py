"""Pictures of the evidence model on the page "How it works": what it reads in two phrases, and how well it separates them.

The candidates are those of `python benchmarks/evidence.py BASE WORDS --evidence MODEL --test DATA... --out JSON`.

python docs/figures/evidence.py JSON [OUT]     # OUT is this folder where none is given
"""

import json
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from wfst_bias.core.figures import render_figure
from wfst_bias.core.files import publish_file
from wfst_bias.evidence.default import DEFAULT, evidence_of
from wfst_bias.evidence.features import FEATURES, FeatureTable
from wfst_bias.score.separation import area_under_roc

TRUE_COLOR, FALSE_COLOR, QUIET = "#2563eb", "#c2410c", "#94a3b8"
BINS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)


def rows_of(path):
    """The candidates of lists of absent words and of lists of all rare words, of all test sets."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    kinds = [results for name, results in stored.items() if "12 words" not in name]
    return [row for results in kinds for one in results for row in one["rows"]]


def table_of(rows):
    """The features of candidates; missing ones are NaN."""
    return FeatureTable(
        np.array([[np.nan if row[name] is None else row[name] for name in FEATURES] for row in rows], float)
    )


def contributions(model, rows):
    """What each feature adds to the log likelihood ratio of candidates, nats ``(E, F)``: without it, minus with it."""
    table = table_of(rows)
    whole = model.log_likelihood_ratios(table)
    return np.stack([whole - model.log_likelihood_ratios(table.without(name)) for name in model.weights], axis=1)


def typical(rows, is_true):
    """A candidate of the middle of those that were, or were not, spoken, by its likelihood ratio."""
    some = sorted((row for row in rows if row["true"] == is_true), key=lambda row: row["ratio"])
    return some[len(some) // 2]


def weights_axes(axes, model, rows):
    """Draw the contributions of a spoken and of a false candidate."""
    two = [typical(rows, True), typical(rows, False)]
    values = contributions(model, two)
    places = np.arange(len(model.weights))
    for number, (row, color) in enumerate(zip(two, (TRUE_COLOR, FALSE_COLOR))):
        label = f"{row['phrase']}, {'spoken' if row['true'] else 'not spoken'}: {row['ratio']:+.1f}"
        axes.barh(places + 0.19 - 0.38 * number, values[number], 0.36, color=color, label=label)
    axes.set_yticks(places, list(model.weights), fontsize=8)
    axes.axvline(0.0, color=QUIET, linewidth=0.8)
    axes.set_xlabel("added to the log likelihood ratio, nats", fontsize=9)
    axes.legend(fontsize=7.5, loc="upper center", bbox_to_anchor=(0.4, 1.24), frameon=False)


def roc_axes(axes, rows):
    """Draw the ROC curve of the posterior and of measures that it reads or could be compared with."""
    is_true = np.array([row["true"] for row in rows], bool)
    for name, color in (
        ("posterior", TRUE_COLOR),
        ("ratio", "#0f766e"),
        ("confidence", FALSE_COLOR),
        ("evidence", QUIET),
    ):
        values = np.array([row[name] for row in rows], float)
        order = np.argsort(-values, kind="stable")
        hits, false = np.cumsum(is_true[order]), np.cumsum(~is_true[order])
        label = f"{name}, area {area_under_roc(values, is_true):.3f}"
        axes.plot(false / false[-1], hits / hits[-1], color=color, label=label)
    axes.set_xlabel("share of false candidates kept", fontsize=9)
    axes.set_ylabel("share of spoken ones kept", fontsize=9)
    axes.legend(fontsize=8, loc="lower right", frameon=False)


def calibration_axes(axes, rows):
    """Draw the share of candidates that were spoken against their posterior, with the number of each bin."""
    posterior = np.array([row["posterior"] for row in rows], float)
    is_true = np.array([row["true"] for row in rows], bool)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8)
    for low, high in zip(BINS, BINS[1:]):
        own = (posterior >= low) & ((posterior < high) | (high == 1.0))
        if own.any():
            x, y = posterior[own].mean(), is_true[own].mean()
            axes.plot(x, y, "o", color=TRUE_COLOR)
            axes.annotate(f"{own.sum()}", (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8)
    axes.set_xlabel("posterior", fontsize=9)
    axes.set_ylabel("share that was spoken", fontsize=9)


def evidence_figure(model, rows):
    figure = Figure(figsize=(10.5, 3.6))
    axes = figure.subplots(1, 3)
    weights_axes(axes[0], model, rows)
    roc_axes(axes[1], rows)
    calibration_axes(axes[2], rows)
    figure.tight_layout()
    return figure


def main() -> None:
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent
    rows, model = rows_of(Path(sys.argv[1])), evidence_of(DEFAULT, "hama")
    print(f"{sum(row['true'] for row in rows)} spoken candidates, {sum(not row['true'] for row in rows)} false ones")
    publish_file(out / "evidence.svg", render_figure(lambda: evidence_figure(model, rows), ".svg", "evidence"))


if __name__ == "__main__":
    main()
