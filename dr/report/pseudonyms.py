"""Other names for accounts, ARNs, host names and people: the same one for the same thing.

Numbers are given in the order in which things appear, so that the same evidence gives the same
copy, and no secret is needed. They say nothing of what they stand for: a digest of an account's
twelve digits could be tried out.

Limits: what has no form of its own is not found: names of resources, sentences that describe
somebody. A name of one word is replaced where it stands alone. Words of a program (kinds, files)
that look like host names are spared by a list; where the list does not know one, it is replaced
needlessly rather than shown.
"""

import re
from collections.abc import Iterable

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ARN = r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?:\d{12}|aws)?:[^\s\"'<>,;)\]}]+"
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*"
_IP4 = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)"
_IP6 = (
    r"(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"
    r"|(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?::[0-9a-f:]*)(?![\w:])"
)
_URL = r"(?<=://)(?:[^\s/@\"']+@)?[\w.-]+"
_HOST = r"(?<!\w)(?:[a-z0-9](?:[\w-]*[a-z0-9])?\.)+[a-z]{2,24}(?![\w-])"
_ACCOUNT = r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])"
_ANY = re.compile(
    f"(?P<uuid>{_UUID})|(?P<arn>{_ARN})|(?P<url>{_URL})|(?P<mail>{_MAIL})|(?P<ip>{_IP4}|{_IP6})"
    f"|(?P<host>{_HOST})|(?P<account>{_ACCOUNT})",
    re.IGNORECASE,
)
_FILES = frozenset(
    {
        *("csv", "db", "html", "json", "jsonl", "log", "md", "pdf", "py", "sh", "sig"),
        *("tf", "tfstate", "toml", "txt", "xml", "yaml", "yml"),
    }
)
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_WORD = re.compile(r"[^\W\d_]{3,}")


class Pseudonyms:
    """Gives names, and remembers them. spared: words that look like hosts and are none."""

    def __init__(self, spared: Iterable[str] = ()) -> None:
        """Know no name yet."""
        self._spared = frozenset(word.casefold() for word in spared)
        self._names: dict[tuple[str, str], str] = {}
        self._people: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def person(self, name: str) -> str:
        """Return the other name of a person; from now on it is replaced in sentences, too."""
        whole = name.partition("@")[0]
        return self._known("person", name, (whole, *_WORD.findall(whole.rsplit("/", 1)[-1])))

    def team(self, name: str) -> str:
        """Return the other name of a team; from now on it is replaced in sentences, too."""
        return self._known("team", name, ())

    def machine(self, name: str) -> str:
        """Return the other name of a machine that is named without a domain."""
        return self._known("host", name, ())

    def _known(self, sort: str, name: str, parts: Iterable[str]) -> str:
        if not name:
            return name
        other = self._name(sort, name)
        for word in (name, *parts):
            self._people.setdefault(word.casefold(), other)
        self._pattern = None
        return other

    def text(self, text: str) -> str:
        """Return a text without accounts, ARNs, hosts and mail addresses."""
        return _ANY.sub(self._found, text)

    def sentence(self, text: str) -> str:
        """Return a text for people: also without the people that are known."""
        if self._people:
            if self._pattern is None:
                longest = sorted(self._people, key=lambda name: (-len(name), name))
                words = "|".join(re.escape(name) for name in longest)
                self._pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
            text = self._pattern.sub(lambda m: self._people[m[0].casefold()], text)
        return self.text(text)

    def counts(self) -> dict[str, int]:
        """Return how many things of each sort have another name."""
        found: dict[str, int] = {}
        for sort, _ in self._names:
            found[sort] = found.get(sort, 0) + 1
        return dict(sorted(found.items()))

    def _found(self, match: re.Match[str]) -> str:
        sort, word = match.lastgroup or "", match[0]
        match sort:
            case "arn":
                head, account, _ = word.rsplit(":", word.count(":") - 3)[0], *word.split(":")[4:6]
                account = self._account(account) if account.isdigit() else account
                return f"{head}:{account}:{self._name('arn', word)}"
            case "account":
                return self._account(word)
            case "mail":
                return self._people.get(word.casefold()) or self._name("person", word)
            case "url":
                user, at, host = word.rpartition("@")
                return (f"{self._name('person', user)}@" if at else "") + self._host(host)
            case "ip" | "host":
                return self._host(word)
            case _:
                return word

    def _account(self, digits: str) -> str:
        return self._name("account", digits)

    def _host(self, host: str) -> str:
        known = host.casefold()
        if known in _HERE or known in self._spared or known.rpartition(".")[2] in _FILES:
            return host
        return self._name("host", known)

    def _name(self, sort: str, word: str) -> str:
        key = (sort, word.casefold())
        if key not in self._names:
            number = 1 + sum(one == sort for one, _ in self._names)
            made = {"account": f"{number:012d}", "host": f"host-{number}.invalid"}
            self._names[key] = made.get(sort, f"{sort}-{number}")
        return self._names[key]
