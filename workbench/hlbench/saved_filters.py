"""Filters that a user has saved, in the user's own configuration folder."""

import json
import os
from pathlib import Path

from platformdirs import user_config_path

MOST = 50
"""Filters that are kept, the latest ones. Our choice."""


def file() -> Path:
    """Where they are: `filters.json` in the configuration folder, or in that of `HLBENCH_CONFIG_DIR`."""
    folder = os.environ.get("HLBENCH_CONFIG_DIR")
    return (Path(folder) if folder else user_config_path("hlbench")) / "filters.json"


def saved_filters() -> list[str]:
    """The filters, the latest first; none where the file cannot be read as what `save_filter` writes."""
    try:
        found = json.loads(file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def save_filter(text: str) -> None:
    """Add a filter, or bring it to the front.

    Raises:
        OSError: the folder cannot be written to.
    """
    kept = [text, *(each for each in saved_filters() if each != text)][:MOST]
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(path)
