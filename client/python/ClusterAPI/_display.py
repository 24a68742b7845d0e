"""How things look in a notebook and at a prompt. Whatever a node sent is text there, never markup."""

import re

from . import _native

MOST_ROWS = 200
MOST_CHARACTERS = 500  # of one value


def visible(text):
    """The text with everything that is not printable as an escape."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def brief(value):
    """repr() of a value, as long as a cell of a table takes it."""
    import reprlib
    short = reprlib.Repr()
    short.maxlist = short.maxtuple = short.maxdict = short.maxset = 50
    short.maxstring = short.maxlong = short.maxother = MOST_CHARACTERS
    try:
        text = short.repr(value)
    except Exception as error:
        return f"<{type(value).__name__}, whose repr() raised {type(error).__name__}>"
    # repr() of an array has lines, and anybody's repr() has anything.
    text = " ".join(visible(line).strip() for line in text.splitlines())
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS - 1] + "\u2026"


def fold(names):
    """Names of nodes in few words: n[1-3,7], head."""
    parsed = [re.fullmatch(r"(.*?)(\d+)", name) or (name, name, "") for name in names]
    padded = {part[1] for part in parsed if len(part[2]) > 1 and part[2][0] == "0"}
    numbers = {}
    for part in parsed:
        width = len(part[2]) if part[1] in padded else 0
        numbers.setdefault((part[1], width), []).append(part[2])
    words = []
    for (prefix, width), all_of_it in numbers.items():
        if len(all_of_it) == 1:
            words.append(prefix + all_of_it[0])
            continue
        ranges = []
        for number in sorted(map(int, all_of_it)):
            if ranges and number == ranges[-1][1] + 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        words.append(prefix + "[" + ",".join(
            f"{low:0{width}}" if low == high else f"{low:0{width}}-{high:0{width}}" for low, high in ranges) + "]")
    return ", ".join(words)


def html_table(head, rows):
    """Rows of text as a table of HTML; everything is escaped."""
    import html

    def line(tag, cells):
        style = ' style="text-align:left;white-space:pre-wrap"'
        return "<tr>" + "".join(f"<{tag}{style}>{html.escape(visible(cell))}</{tag}>" for cell in cells) + "</tr>\n"

    rows = list(rows)
    text = "<table>\n<thead>" + line("th", head) + "</thead>\n<tbody>\n"
    text += "".join(line("td", row) for row in rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        text += line("td", [f"\u2026 {len(rows) - MOST_ROWS} more"])
    return text + "</tbody>\n</table>"


def text_table(rows):
    """Rows of text in columns, for a terminal."""
    rows = [[visible(cell) for cell in row] for row in rows]
    more = len(rows) - MOST_ROWS
    rows = rows[:MOST_ROWS]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join(lines + ([f"\u2026 {more} more"] if more > 0 else []))


class Results(dict):
    """{node: result}, a dict that notebooks and prompts of IPython show as a table."""

    def _rows(self):
        return [(node, brief(value)) for node, value in self.items()]

    def _repr_html_(self):
        return html_table(("node", "result"), self._rows())

    def _repr_pretty_(self, printer, cycle):
        printer.text("{}" if cycle or not self else text_table(self._rows()))


# ---- Clusters and views ----

def _names(view):
    """Of a view whose target says them by itself; None: somebody would have to be asked."""
    texts = [target for target in (view._targets if isinstance(view._targets, (list, tuple)) else [view._targets])
             if isinstance(target, str)]
    if any(c in text for text in texts for c in "=@"):
        return None
    try:
        return view.nodes()
    except Exception:
        return None


def _is_closed(view):
    return not isinstance(view._native, _native.Cluster)


def view_repr(view):
    kind = type(view).__name__
    if _is_closed(view):
        return f"<{kind}, closed>"
    nodes = _names(view)
    if nodes is None:
        words = [f"of {view._targets!r}"]
    else:
        words = [f"of {len(nodes)} node{'s' * (len(nodes) != 1)}: {fold(node.name for node in nodes)}"]
    for name, value in view._options.items():
        # What may be long, or a secret, has its name only.
        words.append(f"{name}=\u2026" if name in ("environment", "input") else f"{name}={value!r}")
    if view._trust_results:
        words.append("trust_results=True")
    return f"<{kind} {'; '.join(words)}>"


def view_html(view):
    import html
    nodes = None if _is_closed(view) else _names(view)
    text = f"<p>{html.escape(visible(view_repr(view)))}</p>"
    return text if nodes is None else text + "\n" + html_table(("node", "address"), nodes)


# ---- Checks ----

def _state(node):
    if node["functional"]:
        return "ok"
    return f"{node['state']}: {node['reason']}" if node["reason"] else node["state"]


def node_check_repr(node):
    return f"<NodeCheck {visible(node['name'] + ': ' + _state(node))}>"


def cluster_check_repr(check):
    words = [f"{sum(map(bool, check))} of {len(check)} functional"]
    words += [f"{node['name']}: {_state(node)}" for node in check if not node]
    return f"<ClusterCheck {visible('; '.join(words))}>"


def _check_rows(nodes):
    for node in nodes:
        known = node["state"] in ("running", "draining")
        facts = [node["version"], node["python"], node["cores"], f"{node['memory'] / 2 ** 30:.1f} GiB",
                 f"{node['load']:.2f}", node["running"]]
        yield [node["name"], _state(node), *(facts if known else [""] * len(facts))]


def check_html(nodes):
    return html_table(("node", "state", "clusterd", "Python", "cores", "memory", "load", "running"),
                      _check_rows(nodes))


def node_check_html(node):
    return check_html([node])


# ---- Futures and outcomes ----

def _future_state(future):
    if not future.done():
        return "running"
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return f"failed: {type(error).__name__}: {error}" if error is not None else f"done: {brief(future.result())}"


def future_repr(future):
    where = f" on {future.node}" if future.node else ""
    return f"<Future{where}, {visible(_future_state(future))}>"


def future_html(future):
    return html_table(("node", "state"), [(future.node, _future_state(future))])


def outcome_repr(outcome):
    where = f"{outcome.node}: " if outcome.node else ""
    return f"<Outcome {visible(where + outcome.describe())}>"


def outcome_html(outcome):
    import html
    usage = outcome.usage
    text = html_table(
        ("node", "outcome", "time", "CPU", "most memory", "output"),
        [(outcome.node, outcome.describe(), f"{usage['wall']:.3f} s", f"{usage['cpu']:.3f} s",
          f"{usage['peak_memory'] / 2 ** 20:.1f} MiB", f"{usage['stdout_bytes'] + usage['stderr_bytes']} bytes")])
    if outcome.exception is None:
        return text
    lines = "\n".join(map(visible, outcome.exception[2].splitlines()))
    return f"{text}\n<pre>{html.escape(lines)}</pre>"


_native.Outcome.__repr__ = outcome_repr
_native.Outcome._repr_html_ = outcome_html
