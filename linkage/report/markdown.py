"""Escape text from users (titles, rule ids, groups, file names) for Markdown.

Reports may be shown on pages that convert Markdown to HTML. Without escaping, a group named `<img src=...>` would
become HTML, and a title with brackets a link or an external image.
"""

import re

_SPECIAL = re.compile(
    r"([\\`*\[\]|~$]"
    r"|<(?=[A-Za-z/!?])"  # the start of a tag, but not "< 11"
    r"|&(?=#?\w+;)"
    r"|(?<![^\W_])_|_(?![^\W_]))"  # an underscore within a word has no meaning in Markdown
)
_AT_START = re.compile(r"^([-+=#>]|\d+(?=[.)](?:\s|$)))")
_WITH_SCHEME = re.compile(r"\b(https?|ftp|mailto|javascript|data):", re.IGNORECASE)
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)


def escaped(text: str, *, starts_line: bool = True) -> str:
    """Escape text so that Markdown shows exactly this text, on one line.

    HTML and all characters with a meaning in CommonMark or GitHub's tables are escaped, and addresses do not become
    links. `starts_line` says whether the text is at the start of a line, where it could begin a list or a heading.

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
    """Escape a mark that would begin a list, a heading or a quotation."""
    return f"\\{mark}" if not mark.isdigit() else f"{mark[:-1]}&#{ord(mark[-1])};"
