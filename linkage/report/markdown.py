"""Text that others wrote (titles, rule ids, groups, names of files) in Markdown, as it stands.

A report is read on pages that turn Markdown into HTML. There a group named `<img src=...>` would be HTML, and a title
with brackets a link or a picture from elsewhere.
"""

import re

_SPECIAL = re.compile(
    r"([\\`*\[\]|~$]"
    r"|<(?=[A-Za-z/!?])"  # what could begin a tag; a number may be "< 11"
    r"|&(?=#?\w+;)"
    r"|(?<![^\W_])_|_(?![^\W_]))"  # an underscore within a word means nothing
)
_AT_START = re.compile(r"^([-+=#>]|\d+(?=[.)](?:\s|$)))")
_WITH_SCHEME = re.compile(r"\b(https?|ftp|mailto|javascript|data):", re.IGNORECASE)
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)


def escaped(text: str, *, starts_line: bool = True) -> str:
    """Text as Markdown that shows just this text, on one line.

    Characters that mean something to CommonMark or to GitHub's tables, and HTML, are escaped; addresses do not become
    links by themselves. Within a line (`starts_line` is false) nothing begins a list or a heading.

    >>> print(escaped("<b>![x](http://a.org/x.png) | R_1 < 11"))
    &lt;b>!\\[x\\](http&#58;//a.org/x.png) \\| R_1 < 11
    """
    text = " ".join(text.split())
    text = _SPECIAL.sub(_one, text)
    if starts_line:
        text = _AT_START.sub(lambda found: _start(found[1]), text)
    text = _WITH_SCHEME.sub(lambda found: f"{found[1]}&#58;", text)
    return _WWW.sub(lambda found: f"{found[0][:-1]}&#46;", text).replace("@", "&#64;")


def _one(found: re.Match[str]) -> str:
    return {"<": "&lt;", "&": "&amp;"}.get(found[1], f"\\{found[1]}")


def _start(mark: str) -> str:
    """A mark that would begin a list, a heading or a quotation."""
    return f"\\{mark}" if not mark.isdigit() else f"{mark[:-1]}&#{ord(mark[-1])};"
