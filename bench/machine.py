"""The machine that the figures were measured on."""

import os
import platform
from pathlib import Path

import psutil


def description() -> str:
    """Say in one line what it is."""
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
