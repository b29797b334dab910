"""Where PostgreSQL's programs are, as whom they run, and a data directory ready to be copied.

`initdb` takes seconds; a copy of a cluster that was cleanly stopped takes a tenth of one, and
several copies of it share a system identifier, so that one can follow another without a base
backup. The template is built once per version of PostgreSQL and of these settings.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SETTINGS = """
unix_socket_directories = ''
fsync = off                        # a killed process loses nothing that the kernel has
shared_buffers = 8MB
max_connections = 64
superuser_reserved_connections = 3
dynamic_shared_memory_type = mmap  # in the data directory; nothing is left in /dev/shm
wal_level = replica
wal_keep_size = 256MB              # a follower finds what it lacks after any number of failovers
max_wal_senders = 8
hot_standby = on
wal_retrieve_retry_interval = 50ms
wal_receiver_status_interval = 1s
autovacuum = off
jit = off
max_logical_replication_workers = 0
max_parallel_workers = 0
logging_collector = off
log_min_messages = warning
"""
ACCESS = """
host all all 127.0.0.0/8 trust
host replication all 127.0.0.0/8 trust
"""
# Statements of the single-user mode: one line each. Without the databases that nobody needs, a copy
# has a third of the files.
SCHEMA = """
create table marks (run text not null, seq bigint not null, sent_us bigint not null, \
at timestamptz not null default clock_timestamp());
create index marks_run on marks (run);
create table pulse (id int primary key, beats bigint not null);
insert into pulse values (1, 0);
update pg_database set datistemplate = false;
drop database template0;
drop database template1;
"""


class NoPostgres(RuntimeError):
    """PostgreSQL's server programs are not on this machine."""


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs. user, group: as whom to run them; None: as ourselves."""

    directory: Path
    user: int | None
    group: int | None

    def path(self, name: str) -> str:
        """Return where a program is."""
        return str(self.directory / name)

    def run(self, name: str, *args: str, given: str = "") -> str:
        """Run a program to its end and return what it printed. Raises RuntimeError."""
        done = subprocess.run(
            [self.path(name), *args],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(),
            cwd="/",
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )
        if done.returncode != 0:
            raise RuntimeError(f"{name} failed: {done.stderr.strip()[-800:]}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Return an environment free of the caller's PG* settings and locale."""
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}

    def give(self, path: Path) -> None:
        """Make the programs' user the owner of a path."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def programs() -> Programs | None:
    """Return PostgreSQL's programs, or None if this machine has none that we may run.

    Often only some are on the PATH; the others lie beside what `initdb` really is. The server
    refuses to be run by root, so root runs it as the user `postgres`.
    """
    initdb = shutil.which("initdb")
    if initdb is None:
        return None
    directory = Path(os.path.realpath(initdb)).parent
    if not all((directory / name).exists() for name in ("postgres", "pg_basebackup")):
        return None
    if os.geteuid() != 0:
        return Programs(directory, None, None)
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        return None
    return Programs(directory, account.pw_uid, account.pw_gid)


def ground(found: Programs, home: Path) -> Path:
    """Return the directory for PostgreSQL's files: in `home`, or one its user can get to.

    Root's own directories are closed to the user `postgres`; then it is one for all homes in the
    system's directory for temporary files. It stays, for the template in it.
    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if found.user is None:
        return home
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in home.parents):
        place = home / "postgres"
    else:
        place = Path(tempfile.gettempdir()) / "dr-sandbox-postgres"
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
        found.give(place)
    # Somebody else may have made a directory of that name to have us write where they like.
    if place.is_symlink() or place.stat().st_uid != found.user:
        raise NoPostgres(f"{place} does not belong to the user postgres")
    return place


def template(found: Programs, place: Path) -> Path:
    """Return a data directory to copy, building it if there is none of this making."""
    version = found.run("postgres", "--version")
    making = hashlib.sha256((version + SETTINGS + ACCESS + SCHEMA).encode()).hexdigest()[:12]
    ready = place / f"template-{making}"
    if ready.exists():
        return ready
    building = place / f"building-{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    found.run(
        "initdb", "-D", str(building), "-U", "dr", "-A", "trust", "-E", "UTF8", "--no-locale",
        "--no-sync", "--wal-segsize=1",
    )  # fmt: skip
    with (building / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    (building / "pg_hba.conf").write_text(ACCESS)
    found.run("postgres", "--single", "-j", "-D", str(building), "postgres", given=_single(SCHEMA))
    try:
        building.rename(ready)
    except OSError:  # another process was faster
        shutil.rmtree(building, ignore_errors=True)
    return ready


def _single(statements: str) -> str:
    """Write statements as `postgres --single -j` reads them: each ends in `;` and a blank line."""
    return "".join(f"{line}\n\n" for line in statements.strip().splitlines())
