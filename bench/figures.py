"""What a row found, whether it holds, and how it is told to people and to programs."""

import dataclasses
import json
import statistics


@dataclasses.dataclass
class Figure:
    """One line of the table. Numbers are medians over the rounds; the spread is their least and most."""

    row: str
    name: str
    unit: str  # of ours and of the baseline
    ours: list
    command: str  # what the driver was asked for, or what was run
    baseline: list = dataclasses.field(default_factory=list)  # empty: none, so no ratio either
    against: str = ""  # what the baseline is
    judged: str = "ratio"  # or "ours"; what gate and aim are about
    better: str = "lower"  # or "higher"
    gate: float | None = None
    aim: float | None = None
    verified: int = 0  # values that were compared with the right ones

    def ratios(self):
        """Of each round by itself, so that a machine that gets slower meanwhile takes part in both."""
        return [ours / baseline for ours, baseline in zip(self.ours, self.baseline)]

    def judged_numbers(self):
        return self.ratios() if self.judged == "ratio" else self.ours

    def holds(self, bound):
        """Whether the median is on the right side of a bound; None: there is no bound."""
        if bound is None:
            return None
        median = statistics.median(self.judged_numbers())
        return median <= bound if self.better == "lower" else median >= bound

    def to_dict(self):
        numbers = self.judged_numbers()
        return {
            "row": self.row, "name": self.name, "unit": self.unit,
            "ours": statistics.median(self.ours),
            "baseline": statistics.median(self.baseline) if self.baseline else None,
            "against": self.against or None,
            "ratio": statistics.median(self.ratios()) if self.baseline else None,
            "judged": self.judged, "better": self.better,
            "spread": [min(numbers), max(numbers)],
            "gate": self.gate, "gate_holds": self.holds(self.gate),
            "aim": self.aim, "aim_holds": self.holds(self.aim),
            "rounds": len(self.ours), "verified": self.verified, "command": self.command,
        }


def short(number):
    """Three digits that count."""
    if number is None:
        return "-"
    if abs(number) >= 100 or number == int(number):
        return f"{number:.0f}"
    return f"{number:.2f}" if abs(number) >= 1 else f"{number:.3f}"


def verdict(bound, holds, better):
    if bound is None:
        return "-"
    sign = "<=" if better == "lower" else ">="
    return f"{sign} {short(bound)} {'yes' if holds else 'NO'}"


def table(figures):
    """For people. The spread is of what is judged."""
    lines = [("row", "work", "ours", "baseline", "unit", "ratio", "spread", "gate", "aim")]
    for figure in figures:
        told = figure.to_dict()
        lines.append((
            told["row"], told["name"], short(told["ours"]), short(told["baseline"]), told["unit"],
            short(told["ratio"]), "..".join(map(short, told["spread"])),
            verdict(told["gate"], told["gate_holds"], told["better"]),
            verdict(told["aim"], told["aim_holds"], told["better"])))
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def json_lines(figures):
    return "\n".join(json.dumps(figure.to_dict()) for figure in figures)
