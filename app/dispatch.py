"""Letters leave: claimed in batches, written, marked, handed over on a few connections, and what became of each noted.

A body leaves only after the mark that it may have left is stored, so that whoever finds the mark after a crash knows
that the outcome is unknown. The marks of a batch are stored together, since each time the disk has to be waited for;
a logbook tells those whose body really left from the rest, as long as only the process has died.
"""

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from structlog.typing import FilteringBoundLogger

from app.deferred import dataclass
from app.infra.addresses import deliverable, domain_of
from app.infra.clock import elapsed
from app.infra.database import Database, WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.keys import InstanceKey, key_of
from app.infra.logbook import Logbook, read_logbook
from app.infra.smtp import Carrier, Foreseeing, Reply, Transport
from app.invitations.hours import is_working_time
from app.invitations.queries import load_secrets
from app.invitations.values import LinkSecrets
from app.mail import commands as mail
from app.mail.letters import Writer, compose
from app.mail.queries import load_messages
from app.mail.rules import bundled, outcome_of
from app.mail.values import BUNDLED_LETTERS, Bundle, Letter, OutboxMessage, Outcome, Settled
from app.outgoing import links_of, return_path
from app.restored import hold_if_older, note_progress
from app.visits.queries import load_order_secrets

BATCH = 250
BATCH_SECONDS = 20.0
"""After this long the rest of a batch goes back: a lease must outlive one letter that takes its full time."""

NEARLY_THROUGH = BATCH // 4
"""When so few letters of a batch are left, the next ones are got ready."""

TELLING_SECONDS = 2.0
"""After this long the database is told of what became of the letters so far: people look at it."""

TURN_SECONDS = 60.0
"""After this long the worker looks at what else is due, and at the clock."""

PUT_OFF = timedelta(minutes=1)

# What greylisting says (RFC 6647): each recipient has to be asked for once before any can be asked for again, so that
# a domain which is left in peace after the first of these would get one letter in each turn.
_ABOUT_ONE_RECIPIENT = frozenset({450, 451})

_USUAL = frozenset({Outcome.TAKEN, Outcome.WITHDRAWN})

log = structlog.get_logger("app.worker")


@dataclass(frozen=True, slots=True)
class Post:
    """How letters leave: by which way, in whose words, from which address, with links to where.

    `owner` is the name of this worker, which no other worker alive bears. `return_address` is where bounces come in:
    each letter carries it with a token of its own. `per_minute` letters at most leave for one domain (0: no limit),
    over at most `connections` at a time; reminders and cases only when people in `zone` are at work. `logbook` is the
    file in which this worker notes what happens between two tellings of the database, `mark` the one in which all
    workers of this machine note how far the outbox has come.
    """

    transport: Transport
    writer: Writer
    base_url: str
    owner: str = "worker"
    return_address: str = ""
    per_minute: int = 0
    connections: int = 1
    zone: ZoneInfo = DEFAULT_ZONE
    logbook: Path | None = None
    mark: Path | None = None


@dataclass(slots=True)
class _Ready:
    """A letter that is written and marked, the messages that it is, and what its envelope says."""

    first: OutboxMessage
    parts: Sequence[OutboxMessage]
    raw: bytes
    sender: str
    recipient: str


def send_due(database: Database, post: Post, *, now: datetime) -> int:
    """Send the letters that are due, batch after batch for a minute at most; how many were claimed.

    While the last letters of a batch are handed over, the next ones are claimed and written, but not marked: were this
    the end of the worker, they surely would not have left.
    """
    claimed, ends_at = 0, elapsed() + TURN_SECONDS
    became: Counter[str] = Counter()
    # What this worker still holds, it lost in an earlier turn that ended badly.
    take_back(database, post, now=now)
    hold_if_older(database, post.mark, now=now)
    with ExitStack() as stack:
        logbook = stack.enter_context(closing(Logbook(post.logbook)))
        carriers = [stack.enter_context(post.transport.opened()) for _ in range(post.connections)]
        beside = stack.enter_context(ThreadPoolExecutor(1))
        batch = _next_batch(database, post, logbook, now)
        while batch is not None:
            claimed += len(batch.messages)
            batch.begin()
            sending = beside.submit(batch.send, carriers)
            # Not before: who asks for a sign-in link meanwhile would wait for two batches.
            batch.nearly_through.wait()
            coming = _next_batch(database, post, logbook, now) if batch.is_full and elapsed() < ends_at else None
            is_through = sending.result()
            became += batch.became
            if is_through:
                logbook.clear()
            # Its last letter may have taken its full time, which leaves too little of the leases of the next ones.
            if not is_through or elapsed() > ends_at + BATCH_SECONDS:
                if coming is not None:
                    coming.give_back()
                break
            if coming is None and elapsed() < ends_at:
                coming = _next_batch(database, post, logbook, now)
            batch = coming
    if claimed:
        log.info("letters", **became)
    return claimed


def take_back(database: Database, post: Post, *, now: datetime) -> int:
    """Free the letters that an earlier life of this worker held, by what its logbook says; how many there were."""
    with database.write() as session:
        return mail.take_back(session, owner=post.owner, noted=read_logbook(post.logbook), now=now)


@dataclass(slots=True)
class _Batch:
    """Letters claimed together, on their way: written and marked all at once, then handed over one by one.

    A letter that asks in several rounds is several messages, and what becomes of it becomes of each of them.
    """

    database: Database
    post: Post
    key: InstanceKey
    secrets: Mapping[str, LinkSecrets]
    messages: Sequence[OutboxMessage]
    bundles: Sequence[Bundle]
    logbook: Logbook
    now: datetime
    written: list[tuple[Bundle, bytes]] = field(default_factory=list)
    nearly_through: threading.Event = field(default_factory=threading.Event)
    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: deque[_Ready] = field(default_factory=deque)
    busy: set[str] = field(default_factory=set)
    put_off: list[OutboxMessage] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    became: Counter[str] = field(default_factory=Counter)
    ends_at: float = 0.0
    told_at: float = 0.0
    # Bound once: a letter is handed over in less than ten times what binding takes.
    log: FilteringBoundLogger = field(default_factory=log.bind)

    @property
    def is_full(self) -> bool:
        """Whether more may be due than was claimed."""
        return len(self.messages) >= BATCH

    def write(self) -> None:
        """Write the letters; nothing of them may leave yet."""
        self.written += filter(None, map(self._written, self.bundles))

    def begin(self) -> None:
        """Mark the letters: from now on a crash means that nobody knows, but for the logbook."""
        leaving = [message for bundle, _ in self.written for message in bundle.parts]
        with self.database.write() as session:
            mail.settle_all(session, self.settled, owner=self.post.owner, now=self.now)
            begun = mail.begin_handing_over(session, leaving, owner=self.post.owner, now=self.now)
            if len(begun) < len(leaving):
                self._leave_out(session, begun)
            progress = mail.count_batch(session)
        note_progress(self.post.mark, progress)
        self.settled.clear()
        self.waiting += [self._ready(bundle, raw, begun) for bundle, raw in self.written]
        self.told_at = elapsed()
        self.ends_at = self.told_at + BATCH_SECONDS

    def _leave_out(self, session: WriteSession, begun: Mapping[str, OutboxMessage]) -> None:
        """Letters of which another worker has a message by now must not leave; the rest of them is free again."""
        whole = [one for one in self.written if all(message.id in begun for message in one[0].parts)]
        kept = {message.id for bundle, _ in whole for message in bundle.parts}
        torn = [message for id_, message in begun.items() if id_ not in kept]
        mail.put_back(session, torn, owner=self.post.owner, at=self.now)
        self.written = whole

    def give_back(self) -> None:
        """Return letters that were not marked, as if they had not been claimed."""
        with self.database.write() as session:
            mail.put_back(session, self.messages, owner=self.post.owner, at=self.now)

    def send(self, carriers: Sequence[Carrier]) -> bool:
        """Hand everything over; whether it all went before the time was up."""
        try:
            if len(carriers) == 1 or len(self.waiting) == 1:
                self._work(carriers[0])
            else:
                with ThreadPoolExecutor(len(carriers)) as pool:
                    for done in [pool.submit(self._work, carrier) for carrier in carriers]:
                        done.result()
        finally:
            self.nearly_through.set()
            # Whatever went wrong on one connection, what is known of the others is not to be lost.
            self._tell()
        left = [message for ready in self.waiting for message in ready.parts]
        if left or self.put_off:
            self.became["put_off"] += len(left) + len(self.put_off)
            with self.database.write() as session:
                mail.put_back(session, left, owner=self.post.owner, at=self.now)
                mail.put_back(session, self.put_off, owner=self.post.owner, at=self.now + PUT_OFF)
        return not left

    def _work(self, carrier: Carrier) -> None:
        foresees = isinstance(carrier, Foreseeing)
        ready = self._next()
        while ready is not None:
            following = self._next() if foresees else None
            reply, body_sent = self._hand_over(carrier, ready, following)
            outcome = outcome_of(reply.code, body_sent=body_sent)
            if body_sent:
                self.logbook.ended(ready.first.id, outcome, reply.text)
            if outcome is Outcome.POSTPONED and (body_sent or reply.code not in _ABOUT_ONE_RECIPIENT):
                # A domain that is busy for one letter is busy for the next one, too.
                self.busy.add(domain_of(ready.recipient))
            self._note(ready.parts, outcome, reply.text)
            ready = self._next(following)

    def _next(self, foreseen: _Ready | None = None) -> _Ready | None:
        """The letter whose turn it is, the foreseen one first; what its domain does not take now is put off."""
        with self.turn:
            if foreseen is not None:
                self.waiting.appendleft(foreseen)
            if len(self.waiting) < NEARLY_THROUGH:
                self.nearly_through.set()
            while self.waiting and elapsed() < self.ends_at:
                ready = self.waiting.popleft()
                if domain_of(ready.recipient) not in self.busy:
                    return ready
                self.put_off += ready.parts
        return None

    def _hand_over(self, carrier: Carrier, ready: _Ready, following: _Ready | None) -> tuple[Reply, bool]:
        """What the other side said at last, and whether the body had left by then."""
        offered = carrier.offer(ready.sender, ready.recipient)
        if offered.code != 250:
            return offered, False
        if following is not None and isinstance(carrier, Foreseeing):
            carrier.foresee(following.sender, following.recipient)
        first = ready.first
        self.logbook.began(first.id)
        return carrier.hand_over(ready.raw, f"{first.dated_at:%Y%m%d-%H%M%S}-{first.id}"), True

    def _ready(self, bundle: Bundle, raw: bytes, begun: Mapping[str, OutboxMessage]) -> _Ready:
        first, parts = bundle.first, [begun[message.id] for message in bundle.parts]
        sender = return_path(first, self.post.return_address, self.key) or self.post.writer.address
        return _Ready(first, parts, raw, sender, deliverable(first.recipient))

    def _written(self, bundle: Bundle) -> tuple[Bundle, bytes] | None:
        """A letter with what is still wanted; None when nothing is, or it cannot be written."""
        kept = bundle
        try:
            links = [links_of(one, self.secrets, self.key, self.post.base_url) for one in bundle.parts]
            wanted = [one for one in links if one is not None]
            if len(wanted) < len(links):
                kept = Bundle(
                    bundle.first, tuple(one for one, linked in zip(bundle.parts, links, strict=True) if linked)
                )
            raw = compose(kept, wanted, writer=self.post.writer) if wanted else b""
        except Exception as error:
            log.exception("letter not written", letter=bundle.first.letter, message=bundle.first.id)
            self._note(bundle.parts, Outcome.UNRENDERED, type(error).__name__)
            return None
        if kept is not bundle:
            self._note([one for one in bundle.parts if one not in kept.parts], Outcome.WITHDRAWN, "")
        return (kept, raw) if wanted else None

    def _note(self, messages: Sequence[OutboxMessage], outcome: Outcome, reply: str) -> None:
        # One line for each letter would bury what somebody should look at.
        tell = self.log.debug if outcome in _USUAL else self.log.warning
        for message in messages:
            tell("letter", letter=message.letter, message=message.id, outcome=outcome)
        with self.turn:
            self.settled += [Settled(message, outcome, reply) for message in messages]
            self.became["sent" if outcome is Outcome.TAKEN else outcome.value] += len(messages)
            if self.told_at and elapsed() - self.told_at > TELLING_SECONDS:
                self._tell()

    def _tell(self) -> None:
        """Store what became of the letters so far; what could not be stored stays noted."""
        if self.settled:
            with self.database.write() as session:
                mail.settle_all(session, self.settled, owner=self.post.owner, now=self.now)
            self.settled.clear()
        self.told_at = elapsed()


def _claimed(database: Database, post: Post, now: datetime) -> Sequence[OutboxMessage]:
    """The next letters that are due."""
    held = () if is_working_time(now, post.zone) else (Letter.REMINDER, Letter.CASE_WAITING, Letter.DECISIONS_WAITING)
    with database.write() as session:
        return mail.claim(session, owner=post.owner, limit=BATCH, now=now, per_minute=post.per_minute, held=held)


def _next_batch(database: Database, post: Post, logbook: Logbook, now: datetime) -> _Batch | None:
    """The next letters that are due, written; None when there are none."""
    messages = _claimed(database, post, now)
    if not messages:
        return None
    asking = [message for message in messages if message.letter in BUNDLED_LETTERS]
    with database.read() as session:
        asked = load_secrets(session, asking, now=now) if asking else {}
        secrets = {**asked, **load_order_secrets(session, messages)}
        key = key_of(session)
        # Its second copy goes by the name of the first, even if what lent it that was taken back meanwhile.
        absent = {message.leaves_with for message in messages if message.leaves_with} - {one.id for one in messages}
        firsts = load_messages(session, absent)
    batch = _Batch(database, post, key, secrets, messages, bundled(messages, firsts), logbook, now)
    batch.write()
    return batch
