"""Rows of a table, and whether the goals in it are met."""


class Rows:
    """Prints rows, and whether the goals of those that have one are met."""

    def __init__(self) -> None:
        """Print the head."""
        self.missed = 0
        self("what", "figure", "ratio", "goal")

    def __call__(self, name: str, value: str, ratio: str = "", goal: str = "") -> None:
        """Print one row."""
        print(f"{name:<58}{value:>14}{ratio:>12}  {goal}", flush=True)

    def judged(self, name: str, value: str, ratio: str, goal: tuple[float, float, str]) -> None:
        """Print a row whose figure is to be at most so much, in this unit."""
        found, most, unit = goal
        self.missed += found > most
        said = "met" if found <= most else "MISSED"
        self(name, value, ratio, f"≤ {most:g}{unit}: {said}")
