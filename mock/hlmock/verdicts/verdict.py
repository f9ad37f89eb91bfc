"""One verdict: its code, its facts, and what is made of them."""

import msgspec

from hlmock.verdicts.codes import Facts, VerdictCode
from hlmock.verdicts.sentences import sentence


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Why. `final` is False while it may still change."""

    code: VerdictCode
    facts: Facts
    final: bool

    @property
    def sentence(self) -> str:
        """For a tired developer."""
        return sentence(self.code, self.facts)

    @property
    def evidence(self) -> tuple[int, ...]:
        """seqs of the events that prove it, ascending."""
        facts = self.facts
        named = (facts.updated, facts.published, facts.subscribed, facts.unsubscribed, facts.enqueued, facts.ended)
        return tuple(sorted({seq for seq in named if seq is not None}))

    def to_plain(self) -> dict[str, object]:
        """JSON-ready: `code`, `sentence`, `final`, `evidence`, `facts`."""
        return {
            "code": self.code.value,
            "sentence": self.sentence,
            "final": self.final,
            "evidence": list(self.evidence),
            "facts": msgspec.to_builtins(self.facts),
        }
