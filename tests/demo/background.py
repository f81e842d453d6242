"""`up`, `send` and `down`: the same parts, left running until they are told to end."""

import asyncio
import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.demo.mail import mail
from tests.demo.parts import DELAYS, Parts, Urls, remove
from tests.demo.processes import DemoError, Part
from tests.demo.scenario import PLAIN, Message, accepted
from tests.demo.show import Show
from tests.world.load.processes import ROOT

HOME = ROOT / ".demo"
REPLY_SECONDS = 60.0
BROKEN_OFF = "the demo is being started, or its start was broken off; `make demo-down` ends it"
EXAMPLE = """.venv/bin/python -m tests.demo send --id mine '{"service": 7, "quantity": "many"}'"""


@dataclass(frozen=True, slots=True)
class State:
    """What runs; `urls` is None until all of it is ready."""

    parts: list[Part]
    urls: Urls | None

    @property
    def gone(self) -> list[str]:
        """The parts that have ended by themselves."""
        return [part.name for part in self.parts if not part.lives]


@dataclass(frozen=True, slots=True)
class Background:
    """The demo whose state and files are in the folder `home`."""

    show: Show
    home: Path = HOME

    async def up(self) -> int:
        """Starts the parts and leaves them running; says where they are, also if they did run."""
        known = await asyncio.to_thread(self._read)
        if known is None:
            self._tell(await self._start())
        elif len(known.gone) == len(known.parts) and known.parts:
            self.show.say("Removing what is left of a demo that has ended.")
            await remove(self.home)
            self._tell(await self._start())
        elif known.urls is None:
            raise DemoError(BROKEN_OFF)
        elif known.gone:
            gone = ", ".join(known.gone)
            raise DemoError(f"of the demo that was started {gone} has ended; use `make demo-down`")
        else:
            self.show.say("The demo runs already.", style="bold")
            self._tell(known.urls)
        return 0

    async def down(self) -> int:
        """Ends the processes that `up` started, and removes their files."""
        known = await asyncio.to_thread(self._read)
        if known is None:
            self.show.say("The demo does not run.")
            return 0
        living = [part.name for part in known.parts if part.lives]
        await Parts(self.home, self.show.detail, running=known.parts).stop()
        if self.home.exists():
            raise DemoError(f"{self.home} cannot be removed; whose is it?")
        self.show.say(f"Ended: {', '.join(living) or 'nothing, for nothing ran any more'}.")
        return 0

    async def send(self, order: str | None, message_id: str | None) -> int:
        """Sends one order to what runs, and shows the reply; 1 where it was not accepted."""
        known = await asyncio.to_thread(self._read)
        if known is None or known.urls is None:
            raise DemoError("the demo does not run; `make demo-up` starts it")
        name = message_id or f"mine-{uuid.uuid4().hex[:8]}"
        message = Message(
            name=name,
            about="an order by hand",
            body=json.dumps(PLAIN).encode() if order is None else order.encode(),
            ending=accepted(),
            message_id=name,
            reply_to=f"demo.{uuid.uuid4().hex}",
        )
        async with mail(known.urls.amqp, message.routing_key) as post:
            self.show.as_is(f"sent   {message.body.decode()}  with the message_id {name}")
            await post.send(message)
            reply = await post.next_reply(REPLY_SECONDS)
        if reply is None:
            raise DemoError(f"no reply within {REPLY_SECONDS:g} s; the relay's log: {self.home}")
        self.show.as_is(f"reply  {json.dumps(reply.body, indent=2)}")
        self.show.as_is(f"after  {(reply.arrived - post.sent[message.key]) * 1000:.0f} ms")
        return 0 if reply.status == "accepted" else 1

    async def _start(self) -> Urls:
        try:
            self.home.mkdir()
        except FileExistsError:
            raise DemoError(BROKEN_OFF) from None
        self.show.title("Starting, a process each; RabbitMQ takes some seconds")
        parts = Parts(self.home, self.show.detail)
        parts.on_start = lambda: self._write(State(parts.running, None))
        try:
            urls = await parts.start()
            self._write(State(parts.running, urls))
        except BaseException:
            await parts.stop()
            raise
        return urls

    def _tell(self, urls: Urls) -> None:
        self.show.title("What there is to see")
        rows = {
            "RabbitMQ's pages": f"{urls.management}  (guest, guest)",
            "relay: metrics": f"{urls.relay}/metrics",
            "relay: ready?": f"{urls.relay}/readyz",
            "relay: log": str(self.home / "order-relay.log"),
            "API: its orders": f"{urls.api}/ledger",
            "RabbitMQ itself": urls.amqp,
        }
        for name, value in rows.items():
            self.show.as_is(f"   {name:<18}{value}")
        self.show.title("To send an order and wait for its reply: a good one, or one of your own")
        self.show.as_is(".venv/bin/python -m tests.demo send", "bold")
        self.show.as_is(EXAMPLE, "bold")
        self.show.title("To look on, live: what becomes of the orders, and whether all is well")
        queues = f"ORDER_RELAY_AMQP__URL={urls.amqp} ORDER_RELAY_RETRY__DELAYS_SECONDS={DELAYS}"
        self.show.as_is(f"{queues} .venv/bin/order-relay top --url {urls.relay}", "bold")
        self.show.say()
        self.show.say("`make demo-down` ends it.")

    def _state(self) -> Path:
        return self.home / "state.json"

    def _write(self, state: State) -> None:
        # In one step, so that a reader never sees half of it.
        new = self._state().with_suffix(".new")
        new.write_text(json.dumps(asdict(state), default=str, indent=2), encoding="utf-8")
        new.replace(self._state())

    def _read(self) -> State | None:
        """What was written last; None where there is no demo."""
        if not self.home.exists():
            return None
        try:
            found: dict[str, Any] = json.loads(self._state().read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return State([], None)
        parts = [Part(**{**part, "log": Path(part["log"])}) for part in found["parts"]]
        return State(parts, Urls(**found["urls"]) if found["urls"] else None)
