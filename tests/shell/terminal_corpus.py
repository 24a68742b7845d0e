"""Three hundred ways to act on a terminal, and how clustershell has to show them."""

import unicodedata

# What ends a string: BEL, ST in seven bits, ST as one byte, ST in UTF-8.
ENDS = [b"\a", b"\x1b\\", b"\x9c", b"\xc2\x9c"]


def osc(*texts):
    """Titles, colours, links, the clipboard, files, notes."""
    return [b"\x1b]" + text + ENDS[i % len(ENDS)] for i, text in enumerate(texts)]


def csi(*texts):
    return [b"\x1b[" + text for text in texts]


def strings(introducer):
    """DCS, SOS, PM, APC: ended in each way, and not at all."""
    return [introducer + b"q#0;2;0;0;0#0~~" + end for end in ENDS] + [introducer + b"endless"]


SEQUENCES = (
    osc(b"0;owned", b"1;icon", b"2;title", b"0;", b"2;\xd0\xb7\xd0\xb0", b"4;1;rgb:ff/00/00", b"4;1;?",
        b"7;file://host/etc", b"8;;http://evil.example", b"8;id=a;http://evil.example", b"8;;",
        b"9;note", b"9;4;1;50", b"10;#ff0000", b"10;?", b"11;#000000", b"11;?", b"12;red",
        b"50;fixed", b"52;c;cm0gLXJmIH4=", b"52;c;?", b"52;p;aGk=", b"104", b"105", b"110", b"111", b"112",
        b"133;A", b"133;C", b"633;E;rm", b"777;notify;a;b", b"1337;File=name=eA==:AAAA",
        b"1337;SetMark", b"1337;RequestAttention=yes", b"1337;CopyToClipboard=", b"1337;ReportCellSize",
        b"5522;type=read;", b"99;i=1:d=0;x", b"L", b"l", b"I")
    + csi(b"A", b"9A", b"B", b"C", b"D", b"E", b"F", b"G", b"H", b"1;1H", b"I", b"J", b"1J", b"2J", b"3J",
          b"K", b"1K", b"2K", b"L", b"M", b"P", b"S", b"T", b"X", b"Z", b"`", b"a", b"b", b"c", b">c", b"=c",
          b"d", b"e", b"f", b"g", b"3g", b"4h", b"20h", b"?1h", b"?3h", b"?5h", b"?25l", b"?47h", b"?1000h",
          b"?1004h", b"?1006h", b"?1049h", b"?2004h", b"?2026h", b"i", b"5i", b"4i", b"0m", b"1m", b"8m",
          b"31m", b"38;5;1m", b"38;2;1;2;3m", b"5n", b"6n", b"?6n", b"p", b"!p", b"?2026$p", b"\"p", b"q", b" q",
          b"1;2r", b"s", b"8;1;1t", b"21t", b"14t", b"3;0;0t", b"u", b"?u", b">1u", b"x", b"999999999A",
          b"1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17m", b"", b"?", b"12;", b"\x18", b"\x1a2J", b"2\rJ",
          b"2\bJ", b"2\x1b[J")
    + strings(b"\x1bP") + strings(b"\x1bX") + strings(b"\x1b^") + strings(b"\x1b_")
    + strings(b"\x90") + strings(b"\xc2\x90")
    + [b"\x1bP$qm\x1b\\", b"\x1bP+q544e\x1b\\", b"\x1bP=1s\x1b\\", b"\x1bPtmux;\x1b\x1b[2J\x1b\\",
       b"\x1b_Ga=q,i=1;AAAA\x1b\\", b"\x1bk title\x1b\\"]
    + [b"\x1b" + final for final in
       [b"7", b"8", b"D", b"E", b"H", b"M", b"N", b"O", b"Z", b"c", b"=", b">", b"#8", b"#3", b"(0", b"(B", b")0",
        b"%@", b"%G", b" F", b"n", b"o", b"|", b"}", b"~", b"6", b"9", b"V", b"W", b"\\", b"\x1b"]]
    # C1 as raw bytes, and in UTF-8.
    + [bytes([c]) + b"2J" for c in range(0x80, 0xa0, 3)] + [b"\x9b31m", b"\x9d0;x\x9c", b"\x9eK", b"\x9fx"]
    + [b"\xc2" + bytes([c]) + b"2J" for c in range(0x80, 0xa0, 3)] + [b"\xc2\x9b31m", b"\xc2\x9d0;x\xc2\x9c"]
    # C0 and DEL.
    + [b"a" + bytes([c]) + b"b" for c in range(0x20) if c not in b"\t\n"] + [b"a\x7fb"]
    + [b"\rn2: all is well", b"n1: ok\r\x1b[K", b"x\b\b\b\b\b\bn2: ", b"\r\r", b"\v\f"]
    # Writing direction, separators, invisible characters.
    + [("a" + chr(c) + "b").encode() for c in
       [*range(0x2028, 0x202f), *range(0x2066, 0x206a), 0x200e, 0x200f, 0x61c, 0xfeff, 0x200b, 0x2060,
        0x2064, 0xad, 0x180e, 0xfff9, 0xfffb, 0xe0001, 0xe0041, 0xe007f, 0x1d173]]
    + ["\u202egpj.exe\u202c".encode(), "\u2067moc\u2069\u2066!\u2069".encode()]
    # No UTF-8: overlong, cut, surrogates, too large, stray bytes.
    + [b"\xc0\x9b2J", b"\xc1\x9b", b"\xe0\x82\x9b2J", b"\xf0\x80\x82\x9b", b"\xc0\x80", b"\xe0\x80\x9b",
       b"\xf8\x80\x80\x82\x9b", b"\xfc\x80\x80\x80\x82\x9b", b"\xe0\x80\x80", b"\xc0\x8a", b"\xc0\xaf",
       b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf",
       b"\xc2", b"\xe2\x80", b"\xf0\x9f\x99", b"\xe2\x80\x1b[2J", b"\xc2\x1b[2J", b"\xf0\x9f\x1b]0;x\a",
       b"\xe2\x82\xc2\x9b", b"\xff\xfe", b"\xfe", b"\xff\x1b[m", b"\x80\x80\x80\x80", b"\xe2\x28\xa1",
       b"\xf0\x28\x8c\xbc", b"\xbf", b"\xc2\xc2\x9b", b"\xe2\xe2\x80\xae"]
)

# Shown as they are.
HARMLESS = ["plain", "grün", "日本語", "🙂", "👩\u200d👩\u200d👧", "می\u200cخواهم", "❤\ufe0f", "a\tb", "\u00a0", "\\x1b"]

JOINERS = "\u200c\u200d"


def is_raw(character):
    """Whether a terminal would act on it, or nobody would see it."""
    kind = unicodedata.category(character)
    return kind in ("Cc", "Zl", "Zp") or (kind == "Cf" and character not in JOINERS)


def shown(data):
    """What a line of these bytes has to look like."""
    text = ""
    for character in data.decode("utf-8", errors="backslashreplace"):
        number = ord(character)
        if character == "\t" or not is_raw(character):
            text += character
        elif character == "\r":
            text += "\\r"
        else:
            text += f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 \
                else f"\\U{number:08x}"
    return text


def assert_harmless(screen):
    """What a terminal got: lines, text and tabs, nothing else."""
    text = screen.decode("utf-8")  # strictly
    lines = text.replace("\r\n", "\n").split("\n")
    for line in lines:
        raw = [character for character in line if character != "\t" and is_raw(character)]
        assert not raw, f"raw {raw!r} in {line!r}"
    return lines


def cases(sequence):
    """It in two parts: whole, and cut behind every byte."""
    return [(sequence[:place], sequence[place:]) for place in range(len(sequence))]
