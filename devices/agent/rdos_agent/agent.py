"""One agent: its parts, and with which credential it comes to the hub."""

import logging
from pathlib import Path

from rdos_agent.arguments import Arguments
from rdos_agent.commands import Commands
from rdos_agent.config import Config
from rdos_agent.figures import Figures
from rdos_agent.identity import Identity, IdentityFile
from rdos_agent.jobs import Jobs
from rdos_agent.outbox import Outbox
from rdos_agent.problems import CannotStart
from rdos_agent.seen import Seen

logger = logging.getLogger(__name__)


class Agent:
    def __init__(self, arguments: Arguments) -> None:
        home: Path = arguments.state
        self.arguments = arguments
        self.identity = IdentityFile(home / "identity.json")
        self.token = arguments.token
        self.url = _hub(arguments, self.identity.identity)
        self.config = Config(home / "config.json")
        self.outbox = Outbox()
        self.figures = Figures(name=arguments.name, state=home)
        self.commands = Commands(
            identity=self.identity,
            config=self.config,
            seen=Seen(home / "seen.jsonl"),
            outbox=self.outbox,
            folder=home / "scripts",
        )
        self.jobs = Jobs(self.config, self.figures)
        self._identity_refused = False

    @property
    def restarting(self) -> bool:
        return self.outbox.last_words

    def credentials(self) -> dict[str, str]:
        """The identity if there is one. A token beside it is tried once, after the hub refused the identity."""
        identity = self.identity.identity
        if identity is None or (self._identity_refused and self.token):
            return {"registration_token": self.token}
        return {"node_id": identity.node_id, "node_secret": identity.node_secret}

    def registered(self, node_id: str, node_secret: str) -> None:
        self.token, self._identity_refused = "", False
        self._store(Identity(node_id, node_secret, self.url))
        logger.info("Registered as node %s.", node_id)

    def recognised(self) -> None:
        self._identity_refused = False
        known = self.identity.identity
        if known and known.hub != self.url:
            self._store(Identity(known.node_id, known.node_secret, self.url))

    def refused(self) -> bool:
        """Whether there is another credential to try."""
        if self.identity.identity is None:
            return False
        if self._identity_refused:
            self.token = ""
        self._identity_refused = True
        return bool(self.token)

    def _store(self, identity: Identity) -> None:
        try:
            self.identity.store(identity)
        except OSError as error:
            logger.error("The identity could not be stored (%s); it is lost when the agent ends.", error)


def _hub(arguments: Arguments, identity: Identity | None) -> str:
    url = arguments.hub or (identity.hub if identity else "")
    if not url:
        raise CannotStart("Say where the hub is: --hub https://hub.example:8443")
    if identity is None and not arguments.token:
        raise CannotStart("This node is not registered yet: give it a token with --token.")
    if identity and identity.hub != url and arguments.token:
        # A secret is only shown to its own hub. Without a token the same hub has moved.
        raise CannotStart(
            f"This state directory belongs to {identity.hub}. For another hub give another --state; "
            "if the same hub has moved, leave out the token."
        )
    if arguments.fingerprint and not url.startswith("wss:"):
        raise CannotStart("--fingerprint needs an address with https://")
    return url
