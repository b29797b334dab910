"""The environment in which Terraform runs: an allow-list, and where its providers come from.

An inherited TF_CLI_ARGS, TF_LOG or TF_DATA_DIR would change what our commands mean, so only what is
listed gets through. Providers come from the public registry unless a mirror is found on this
machine; a configuration file of the user's own always wins, unless DR_TF_MIRROR is set.

Source:  Terraform CLI configuration, "Provider Installation", "Implied Local Mirror Directories".
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

REGISTRY = "registry.terraform.io"
_NAMES = {
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TF_PLUGIN_CACHE_DIR",
    "TF_WORKSPACE",
    "TMPDIR",
    "USER",
    "http_proxy",
    "https_proxy",
    "no_proxy",
}
_PREFIXES = ("AWS_", "GIT_", "LC_", "TF_TOKEN_", "TF_VAR_", "XDG_")
_FIXED = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
# Where a mirror may lie beside the places that Terraform searches by itself: two levels down.
_SEARCHED = ("/*/*", "/usr/*/*", "~/*", "~/.*/*")
_NOT_SEARCHED = ("/dev", "/net", "/proc", "/run", "/sys", "/tmp")  # noqa: S108 - not used
_OTHERS_MAY_WRITE = 0o022


def environment(
    inherited: Mapping[str, str], extra: Mapping[str, str], work: Path
) -> dict[str, str]:
    """Return the environment for one working directory, writing its CLI configuration if needed.

    extra: wins over what is inherited; an empty value removes a variable.
    """
    env = {k: v for k, v in inherited.items() if k in _NAMES or k.startswith(_PREFIXES)}
    env |= extra
    env |= _FIXED
    env["TF_DATA_DIR"] = str(work / "data")
    config = _cli_config(inherited, work)
    if config is not None:
        env["TF_CLI_CONFIG_FILE"] = str(config)
    return {k: v for k, v in env.items() if v}


def _cli_config(inherited: Mapping[str, str], work: Path) -> Path | None:
    """Return the configuration file to name, if any: the user's, or one of ours with a mirror."""
    home = Path(inherited.get("HOME") or "~").expanduser()
    named = inherited.get("DR_TF_MIRROR")
    if named is None:
        theirs = inherited.get("TF_CLI_CONFIG_FILE")
        if theirs and Path(theirs).is_file():
            return Path(theirs)
        if (home / ".terraformrc").is_file():
            return None  # Terraform reads it by itself
    mirrors = [Path(named)] if named else [] if named == "" else list(_found(inherited, home))
    implied = _implied(inherited, home)
    if all(mirror in implied for mirror in mirrors):
        return None  # Terraform searches these by itself
    path = work / "terraform.rc"
    path.write_text(_text(mirrors), encoding="utf-8")
    return path


def _implied(inherited: Mapping[str, str], home: Path) -> list[Path]:
    """Return the places that Terraform searches when nothing is configured."""
    data = [Path(inherited.get("XDG_DATA_HOME") or home / ".local" / "share")]
    shared = inherited.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    data += [Path(folder) for folder in shared.split(":") if folder]
    return [home / ".terraform.d" / "plugins", *(d / "terraform" / "plugins" for d in data)]


def _found(inherited: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield every folder that holds a mirror of the public registry, the usual places first.

    Only where nobody else may write: a provider is a program that gets our credentials.
    """
    seen: set[Path] = set()
    for folder in _implied(inherited, home):
        if (folder / REGISTRY).is_dir() and folder not in seen:
            seen.add(folder)
            yield folder
    for pattern in _SEARCHED:
        start, rest = (home, pattern[2:]) if pattern.startswith("~") else (Path("/"), pattern[1:])
        for found in sorted(start.glob(f"{rest}/{REGISTRY}")):
            mirror = found.parent
            if mirror not in seen and not str(mirror).startswith(_NOT_SEARCHED) and _ours(mirror):
                seen.add(mirror)
                yield mirror


def _ours(path: Path) -> bool:
    """Say whether nobody but root and this user may put something there."""
    for folder in (path, *path.parents):
        about = folder.stat()
        if about.st_uid not in (0, os.getuid()) or about.st_mode & _OTHERS_MAY_WRITE:
            return False
    return True


def _text(mirrors: list[Path]) -> str:
    """Write the configuration.

    A provider found in a mirror is excluded from `direct`: Terraform asks every method that may
    have it, and fails without the network although the mirror has it.
    """
    blocks, held = [], []
    for mirror in mirrors:
        here = [
            f'"{REGISTRY}/{found.parent.name}/{found.name}"'
            for found in sorted((mirror / REGISTRY).glob("*/*"))
        ]
        held += here
        blocks.append(
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n'
            f"    include = [{', '.join(here)}]\n  }}\n"
        )
    blocks.append(f"  direct {{\n    exclude = [{', '.join(held)}]\n  }}\n")
    return f"provider_installation {{\n{''.join(blocks)}}}\n"
