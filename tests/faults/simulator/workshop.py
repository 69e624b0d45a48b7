"""The workshop: what is asked for, offered, taken, made, handed in and checked, and what is put right afterwards."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from sqlalchemy import select

from shop.artisans import corrections
from shop.artisans.models import Correction, CorrectionReason, CorrectionStatus, Earning
from shop.db import db
from shop.production import checks, orders, tasks
from shop.production.models import Cause, ProductionOrder, Task, TaskPiece, TaskPieceStatus, TaskStatus
from tests.cast import MESSENGER, TOTE
from tests.faults.simulator.buying import WHICH
from tests.faults.simulator.records import Earned, Woman
from tests.faults.simulator.stage import NAMES, Stage, rule, user
from tests.workshop import DUE, artisan, variant

LIVE = (TaskStatus.OFFERED, TaskStatus.ACCEPTED, TaskStatus.STARTED, TaskStatus.SUBMITTED, TaskStatus.REWORK)
NEXT = {TaskStatus.ACCEPTED: "start", TaskStatus.STARTED: "submit", TaskStatus.REWORK: "submit"}
OPEN = (TaskPieceStatus.OPEN, TaskPieceStatus.REWORK)
NAME = st.sampled_from(NAMES)


class Workshop(Stage):
    """Rules of making, and of taking an earning back."""

    @rule(sku=st.sampled_from((MESSENGER, TOTE)), pieces=st.integers(1, 4))
    def ask_for_the_shelf(self, sku: str, pieces: int) -> None:
        reference, at = f"shelf:{self.step}", self.world.clock.now()
        if self._open_orders() < 4:
            self.unit(
                lambda: orders.request(variant(sku), pieces, reference=reference, due_on=DUE, at=at, by="user:1").id
            )

    def _open_orders(self) -> int:
        with self.world.reading():
            return len(orders.open_of(user("Meera")))

    @rule(which=WHICH, name=NAME, pieces=st.integers(1, 4), more=st.sampled_from((0, 0, 0, 1, 777, -1)))
    def offer_work(self, which: int, name: str, pieces: int, more: int) -> None:
        """A step of some pieces, at the making's rate or above it, never below."""
        self._offer(which, name, pieces, more)

    def _offer(self, which: int, name: str, pieces: int, more: int) -> bool:
        with self.world.reading():
            asked = tasks.to_assign(orders.open_of(user("Meera")))
            found = [(each.order.id, each.step.id, each.step.rate_minor, each.pieces) for each in asked]
        if not found:
            return False
        order_id, step_id, rate, left = self.pick(found, which)

        def act() -> None:
            work = db.session.get_one(ProductionOrder, order_id)
            step = next(each for each in work.making.steps if each.id == step_id)
            wanted = {"due_on": DUE, "rate_minor": rate + more, "at": self.world.clock.now(), "by": user("Meera")}
            tasks.offer(work, step, artisan(name), pieces, **wanted)

        refused = more < 0 or pieces > left
        self.unit(act, refused=refused)
        return not refused

    @rule(which=WHICH, no=st.integers(0, 9), passed=st.integers(0, 4), rejected=st.integers(0, 1))
    def work_goes_on(self, which: int, no: int, passed: int, rejected: int) -> None:
        """One task goes one step: taken or not, begun, handed in, checked."""
        found = self._tasks(LIVE)
        if not found:
            return
        task_id, status = self.pick(found, which)
        if status is TaskStatus.SUBMITTED:
            self._check(task_id, passed, rejected)
        elif status is TaskStatus.OFFERED:
            self._move(task_id, "decline" if no == 0 else "withdraw" if no == 1 else "accept")
        else:
            self._move(task_id, NEXT[status])

    @rule(which=WHICH, name=NAME, pieces=st.integers(1, 3))
    def work_is_done(self, which: int, name: str, pieces: int) -> None:
        """Offered, taken, begun, handed in and passed at one go, so that there is something to earn by."""
        if self._offer(which, name, pieces, 0):
            task_id = self._tasks((TaskStatus.OFFERED,))[-1][0]
            self._move(task_id, "accept")
            if self._move(task_id, "start"):
                self._move(task_id, "submit")
                self._check(task_id, pieces, 0)

    def _tasks(self, statuses: tuple[TaskStatus, ...]) -> list[tuple[int, TaskStatus]]:
        with self.world.reading():
            query = select(Task.id, Task.status).where(Task.status.in_(statuses)).order_by(Task.id)
            return [(row[0], row[1]) for row in db.session.execute(query)]

    def _move(self, task_id: int, verb: str) -> bool:
        with self.world.reading():
            waits = verb == "start" and tasks.waiting_for(db.session.get_one(Task, task_id)) > 0

        def act() -> None:
            task = db.session.get_one(Task, task_id)
            getattr(tasks, verb)(task, at=self.world.clock.now(), by=task.artisan.user)

        self.unit(act, refused=waits)
        return not waits

    def _check(self, task_id: int, passed: int, rejected: int) -> None:
        """What passes is earned at the task's own rate, once a piece; the rest earns nothing."""
        with self.world.reading():
            task = db.session.get_one(Task, task_id)
            number, rate, waiting = task.artisan_id, task.rate_minor, self._pieces(task_id, OPEN)
            before = self._pieces(task_id, (TaskPieceStatus.ACCEPTED,))
        passed = min(passed, len(waiting))
        rejected = min(rejected, len(waiting) - passed)
        at = self.world.clock.now()

        def act() -> None:
            found, rework = db.session.get_one(Task, task_id), len(waiting) - passed - rejected
            counts = {"passed": passed, "rework": rework, "rejected": rejected}
            checks.record(found, **counts, cause=Cause.WORK if rework or rejected else None, at=at, by=user("Meera"))

        self.unit(act)
        with self.world.reading():
            accepted = self._pieces(task_id, (TaskPieceStatus.ACCEPTED,))
        new = {piece: reference for piece, reference in accepted.items() if piece not in before}
        assert len(new) == passed
        woman = next(each for each in self.model.women.values() if each.number == number)
        for piece, reference in new.items():
            self.model.move(f"wages:{self.model.centre}", woman.account("payable"), rate)
            self.model.earned_on.setdefault(piece, Counter())[number] += rate
            woman.earned.append(Earned(reference, rate, at))

    def _pieces(self, task_id: int, statuses: tuple[TaskPieceStatus, ...]) -> dict[int, str]:
        """Piece -> the reference of its earning, of a task's pieces in some status."""
        mine = select(TaskPiece).where(TaskPiece.task_id == task_id, TaskPiece.status.in_(statuses))
        return {it.piece_id: f"task:{task_id}:piece:{it.piece.number}" for it in db.session.scalars(mine)}

    # Putting right.

    def _standing(self, name: str, proposed: bool) -> list[Earned]:
        earned = self.model.women[name].earned
        return [each for each in earned if not each.is_reversed and bool(each.proposed_by) is proposed]

    @precondition(lambda self: any(self._standing(name, proposed=False) for name in NAMES))
    @rule(which=WHICH, by=st.sampled_from(("Meera", "Farida")))
    def propose_to_take_back(self, which: int, by: str) -> None:
        name, earned = self.pick([(name, it) for name in NAMES for it in self._standing(name, proposed=False)], which)

        def act() -> None:
            row = db.session.scalars(select(Earning).where(Earning.reference == earned.reference)).one()
            at = self.world.clock.now()
            corrections.propose(row, CorrectionReason.COUNTED_TWICE, "drawn", at=at, by=user(by))

        kept = self._is_kept(self.model.women[name], earned)
        self.unit(act, refused=kept)
        earned.proposed_by = "" if kept else by

    def _is_kept(self, woman: Woman, earned: Earned) -> bool:
        """She has been paid it, or two people have promised it to her."""
        return self.model.held(woman, "payable") < earned.minor or self.model.free(woman) < earned.minor

    @precondition(lambda self: any(self._standing(name, proposed=True) for name in NAMES))
    @rule(
        which=WHICH,
        by=st.sampled_from(("Meera", "Farida")),
        how=st.sampled_from(("approve", "approve", "decline", "withdraw")),
    )
    def answer_a_correction(self, which: int, by: str, how: str) -> None:
        woman, earned = self.pick(
            [(self.model.women[n], e) for n in NAMES for e in self._standing(n, proposed=True)], which
        )
        own = earned.proposed_by == by
        refused = not own if how == "withdraw" else own
        if how == "approve":
            refused = refused or self._is_kept(woman, earned)
        at = self.world.clock.now()

        def act() -> None:
            of_it = (
                select(Correction)
                .join(Earning, Earning.id == Correction.earning_id)
                .where(Earning.reference == earned.reference)
            )
            found = db.session.scalars(of_it.where(Correction.status == CorrectionStatus.PROPOSED)).one()
            if how == "approve":
                corrections.approve(found, at=at, by=user(by))
            elif how == "decline":
                corrections.decline(found, "it stands", at=at, by=user(by))
            else:
                corrections.withdraw(found, at=at, by=user(by))

        self.unit(act, refused=refused)
        if not refused:
            earned.proposed_by = ""
            earned.is_reversed = how == "approve"
            if earned.is_reversed:
                self.model.move(woman.account("payable"), f"wages:{self.model.centre}", earned.minor)
