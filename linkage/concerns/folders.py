"""What looks wrong in folders of Parquet files: files that are not read, and files of subfolders, which are."""

from collections.abc import Sequence

from linkage.printing import agreeing, counted
from linkage.sources.source import Source

_OF_PROGRAMS = ("_", ".")
"""Files whose name begins so are written by programs, such as _SUCCESS, and hold no rows."""


def concerns_of_folders(sources: Sequence[Source]) -> list[str]:
    """The concerns about all sources that are folders of Parquet files."""
    return [
        f"{source.name}: {problem}"
        for source in sources
        if source.format == "parquet" and source.path is not None and source.path.is_dir()
        for problem in (*_files_not_read(source), *_files_of_subfolders(source))
    ]


def _files_not_read(source: Source) -> list[str]:
    assert source.path is not None
    read = {*source.files}
    others = [
        path
        for path in source.path.rglob("*")
        if path.is_file() and path not in read and not path.name.startswith(_OF_PROGRAMS)
    ]
    if not others:
        return []
    endings = sorted({path.suffix or "no ending" for path in others})
    return [
        f"{counted(len(others), 'file')} in this folder {agreeing(len(others), 'is', 'are')} not read, because only"
        f" names that end in .parquet are ({', '.join(endings[:5])}). Rename them, or move them elsewhere."
    ]


def _files_of_subfolders(source: Source) -> list[str]:
    """Files in subfolders that are not parts such as year=2015."""
    assert source.path is not None
    inside = [path for path in source.files if "=" not in str(path.parent.relative_to(source.path))]
    deeper = [path for path in inside if path.parent != source.path]
    if not deeper or len(deeper) == len(source.files):
        return []
    return [
        f"{counted(len(deeper), 'file')} of {len(source.files):,} {agreeing(len(deeper), 'is', 'are')} in a subfolder,"
        " and read like the others. Move former versions elsewhere."
    ]
