"""Random sets of nodes as a person may write them; the same for the same generator."""

NAMES = ["n", "rack", "gpu-", "a.b", "x_"]
# What stands between the numbers of a name.
BETWEEN = ["n", "-c", "u"]


def number(random):
    value = random.randrange(random.choice([4, 12, 120, 1200]))
    return f"{value:0{random.choice([1, 1, 1, 1, 2, 3])}d}"


def one_range(random):
    if random.random() < 0.35:
        return number(random)
    width = random.choice([1, 1, 1, 2, 3, 4])
    first = random.choice([0, 1, 5, 8, 95])
    last = first + random.choice([0, 1, 2, 5, 9, 12])
    if len(f"{first:0{width}d}") != len(f"{last:0{width}d}"):
        width = 1
    step = f"/{random.randrange(1, 4)}" if random.random() < 0.3 else ""
    return f"{first:0{width}d}-{last:0{width}d}{step}"


def ranges(random):
    return ",".join(one_range(random) for _ in range(random.randrange(1, 4)))


def pattern(random, names, most_axes=3):
    axes = min(random.choice([0, 1, 1, 1, 2, 2, 3]), most_axes)
    name = random.choice(names)
    if axes == 0:
        return name + random.choice(["", "-login", ".lan"])
    text = ""
    for axis in range(axes):
        text += name if axis == 0 else random.choice(BETWEEN)
        text += f"[{ranges(random)}]" if random.random() < 0.75 else number(random)
    return text + random.choice(["", "", "", "-ib", "s"])


def scattered(random):
    """Single names with two or three numbers, of which few make a block."""
    axes = random.choice([2, 2, 3])
    below = random.choice([2, 3, 5, 12])
    width = random.choice([1, 1, 2])
    return ",".join(
        "".join(f"{'abc'[axis]}{random.randrange(below) + random.choice([0, 0, 8]):0{width}d}" for axis in range(axes))
        for _ in range(random.randrange(1, 40)))


def expression(random, most_axes=3):
    """Patterns with operators between them, some of them again, often without a node in the end."""
    if most_axes > 1 and random.random() < 0.1:
        return scattered(random)
    names = random.sample(NAMES, random.choice([1, 1, 2]))
    terms = [pattern(random, names, most_axes)]
    for _ in range(random.choice([0, 0, 1, 1, 2, 3, 5])):
        again = random.random() < 0.2
        terms.append(random.choice(terms) if again else pattern(random, names, most_axes))
    text = terms[0]
    for term in terms[1:]:
        text += random.choice(",,,!!&^") + term
    return text


def command_line(random):
    """Arguments of nodeset without a random result, and what stands on its standard input."""
    numbers = random.random() < 0.15
    most_axes = random.choice([1, 3])

    def operand():
        return ranges(random) if numbers else expression(random, most_axes)

    command = random.choice(["-e", "-f", "-c"])
    arguments = [command] + (["-R"] if numbers else [])
    splits = random.choice([[], [], ["--split", str(random.randrange(0, 6))], ["--contiguous"]])
    arguments += splits
    # How long a run is in several axes depends on how ClusterShell came to the set.
    if most_axes == 1 and splits != ["--contiguous"] and random.random() < 0.5:
        arguments += ["--autostep", random.choice(["3", "4", "auto", "50%", "100%"])]
    if random.random() < 0.3:
        arguments += ["-I", ranges(random)]
    if random.random() < 0.3:
        arguments += ["-S", random.choice([",", r"\n", " - ", r"\t\x41", ""])]
    if random.random() < 0.3:
        arguments += ["-O", random.choice(["%s-ib0", "<%s>", "%8s|", "%-6s.", "%%%s", "m%sx7"])]
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        arguments += [random.choice(["-i", "-x", "-X"]), operand()]
    text = "".join(f"{operand()} {operand()}  # said twice\n" for _ in range(random.randrange(3)))
    if random.random() < 0.2:
        return arguments, text
    arguments.append(operand())
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        arguments += random.choice([[], [], ["-i"], ["-x"], ["-X"], ["--exclude"], ["--xor"]])
        arguments.append("-" if random.random() < 0.1 else operand())
    return arguments, text
