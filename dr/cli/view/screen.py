"""What the live view draws: header, clock, steps, probes, last events. Pure.

Every state is a word beside its colour, so that it can be read without colours and in a log.
"""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dr.cli.view.shot import BUSY, Shot, StepShot, StepWord
from dr.model.drill import Phase
from dr.model.reading import State
from dr.report.numbers import clock, length
from dr.report.untrusted import clean, shortened

_WORDS = {
    StepWord.PENDING: "dim",
    StepWord.WAITING: "bold yellow",
    StepWord.LOOKING: "cyan",
    StepWord.ASKED: "bold cyan",
    StepWord.SETTLED: "green",
    StepWord.FAILED: "bold red",
    StepWord.HELD: "bold yellow",
    StepWord.UNDOING: "bold cyan",
    StepWord.UNDONE: "green",
    StepWord.KEPT: "yellow",
    StepWord.LEFT: "dim",
}
_CELLS = {State.UP: ("▁", "green"), State.DOWN: ("█", "red"), State.UNKNOWN: ("?", "yellow")}
_DIGITS = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": (" ╻ ", " ┃ ", " ╹ "),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", " ━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
    ":": (" ", "╏", " "),
    "-": ("   ", " ━ ", "   "),
}
_PHASES = (Phase.PREPARE, Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY, Phase.RETURN)
_AMBER = 70  # per cent of the target
_OTHER_LINES = 19  # of the screen beside steps and probes
_LEAST_STEPS = 4
_STRIP = 60  # samples shown of each probe, where there is room
_NAME = 24  # of a probe, before it is cut
_BESIDE_STRIP = 16  # borders, gaps and the last state's word


def screen(
    shot: Shot, recent: tuple[tuple[str, str], ...], width: int, height: int | None
) -> RenderableType:
    """Draw the run. recent: (time, sentence). height: of the terminal; None: as high as it gets."""
    room = None
    if height is not None:
        room = max(height - _OTHER_LINES - len(shot.probes) - 3 * len(shot.waiting), _LEAST_STEPS)
    parts: list[RenderableType] = [_clock(shot), Text(""), _steps(shot, room), Text("")]
    parts.append(_probes(shot, width))
    parts += [_question(w.prompt, w.command) for w in shot.waiting]
    parts += [Text(""), *(_line(when, text) for when, text in recent)]
    edge = "magenta" if shot.simulated else "red"
    return Panel(
        Group(*parts),
        title=_title(shot),
        title_align="left",
        subtitle=_hint(shot),
        subtitle_align="left",
        border_style=edge,
        padding=(0, 1),
    )


def _title(shot: Shot) -> Text:
    mode = (
        ("SIMULATED", "bold white on magenta")
        if shot.simulated
        else (
            "LIVE",
            "bold white on red",
        )
    )
    return Text.assemble(
        (f" {mode[0]} ", mode[1]),
        (f" {clean(shot.plan.drill)} ", "bold"),
        f"{clean(shot.run)}  {clean(shot.plan.environment)}  {clean(shot.where)} ",
    )


def _hint(shot: Shot) -> Text:
    if shot.stopping is None:
        return Text(" Ctrl-C: stop and undo ", "dim")
    return Text(
        " Stopping and undoing. Ctrl-C: stop now, and leave things as they are ", "bold red"
    )


def _clock(shot: Shot) -> RenderableType:
    """Draw the phases beside the clock against its target."""
    style, text, below = _reading(shot)
    grid = Table.grid(padding=(0, 3), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    big = Text("\n".join(" ".join(_DIGITS[c][row] for c in text) for row in range(3)), style)
    side = Text.assemble(_bar(shot), "\n", (below, style), "\n", no_wrap=True, overflow="ellipsis")
    if shot.stopping is not None:
        side.append(shortened(f"Stopped by {shot.stopping}", 200), "bold red")
    else:
        side.append(shortened(shot.plan.title, 200), "dim")
    grid.add_row(big, side)
    return grid


def _reading(shot: Shot) -> tuple[str, str, str]:
    """Return the clock's style, its text, and the words beside it."""
    elapsed, target = shot.elapsed_us, shot.target_us
    against = f"RTO {length(target)}" if target is not None else "no RTO"
    if elapsed is None:
        return "dim", "-:--", f"{against}; nothing is disrupted yet"
    style = "bold green"
    over = target is not None and elapsed > target
    if over:
        style = "bold red"
    elif target is not None and shot.recovered_us is None and elapsed * 100 >= target * _AMBER:
        style = "bold yellow"
    if shot.recovered_us is not None:
        told = f"{against}; back, provisionally" + ("; TOO LATE" if over else "")
    elif target is None:
        told = f"{against}; since the fault"
    elif over:
        told = f"{against}; PAST IT by {clock(elapsed - target)}"
    else:
        told = f"{against}; {clock(target - elapsed)} remain"
    return style, clock(elapsed), told


def _bar(shot: Shot) -> Text:
    """Name the phases; the one that runs stands out, those before it are struck off."""
    bar = Text()
    present = [p for p in _PHASES if any(s.phase is p for s in shot.steps) or p is Phase.RETURN]
    now = Phase.RETURN if shot.stopping is not None or shot.phase is None else shot.phase
    for phase in present:
        if len(bar):
            bar.append(" ─ ", "dim")
        before = _PHASES.index(phase) < _PHASES.index(now)
        word = f"{phase.value} ✓" if before and shot.stopping is None else phase.value
        passed = "green" if before and shot.stopping is None else "dim"
        bar.append(*((f" {word} ", "bold reverse") if phase is now else (word, passed)))
    return bar


def _steps(shot: Shot, room: int | None) -> RenderableType:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column("step", no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column("kind", no_wrap=True, overflow="ellipsis", ratio=4, style="dim")
    table.add_column("state", no_wrap=True, width=8)
    table.add_column("time", no_wrap=True, width=8, justify="right")
    shown, hidden = _around(shot.steps, room)
    for step in shown:
        busy = step.word in BUSY
        table.add_row(
            Text(("▸ " if busy else "  ") + clean(step.id), "bold" if busy else ""),
            Text(clean(step.kind)),
            Text(step.word.value, _WORDS[step.word]),
            Text(_timer(step, shot.now_us)),
        )
    if hidden:
        table.add_row(Text(f"  and {hidden} more steps", "dim"))
    return table


def _around(steps: tuple[StepShot, ...], room: int | None) -> tuple[tuple[StepShot, ...], int]:
    """Return the steps there is room for, those at work among them, and how many are left out."""
    if room is None or len(steps) <= room:
        return steps, 0
    room -= 1  # for the line that counts the others
    moving = [n for n, s in enumerate(steps) if s.word not in {StepWord.PENDING, StepWord.SETTLED}]
    focus = (
        moving[-1]
        if moving
        else next((n for n, s in enumerate(steps) if s.word is StepWord.PENDING), len(steps) - 1)
    )
    first = min(max(focus - room // 2, 0), len(steps) - room)
    return steps[first : first + room], len(steps) - room


def _timer(step: StepShot, now_us: int) -> str:
    if step.began_us is None:
        return ""
    end = step.ended_us if step.ended_us is not None else now_us
    return clock(max(end - step.began_us, 0))


def _probes(shot: Shot, width: int) -> RenderableType:
    """Draw the latest samples of each probe, as many as there is room for."""
    names = [clean(p.id) + (" (control)" if p.control else "") for p in shot.probes]
    longest = min(max((len(n) for n in names), default=0), _NAME)
    room = min(max(width - longest - _BESIDE_STRIP, 1), _STRIP)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="ellipsis", width=longest)
    table.add_column(no_wrap=True, width=room)
    table.add_column(no_wrap=True)
    for name, probe in zip(names, shot.probes, strict=True):
        strip = Text()
        for state in probe.states[-room:]:
            cell, style = _CELLS[state]
            strip.append(cell, style)
        last = probe.states[-1] if probe.states else None
        word = Text("none yet", "dim") if last is None else Text(last.value, _CELLS[last][1])
        table.add_row(Text(name), strip, word)
    return table


def _question(prompt: str, command: str) -> RenderableType:
    return Text.assemble(
        ("\n? ", "bold yellow"),
        (clean(prompt), "bold"),
        "\n  answer with: ",
        (clean(command), "bold cyan"),
    )


def _line(when: str, text: str) -> Text:
    return Text.assemble((when, "dim"), " ", text, no_wrap=True, overflow="ellipsis")
