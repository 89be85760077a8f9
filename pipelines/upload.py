"""A file to a provider: found when it is there already, in parts when it is large, once.

A part that arrived is in the receipt; a call that was killed goes on behind the last whole part.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from pipelines.destinations import BundleFile, FailedError, RefusedError, Tell
from pipelines.patience import Patience
from pipelines.receipts import Part, Receipt, SentFile, Transfer
from pipelines.windows import Md5, Window, is_same

if TYPE_CHECKING:
    from openai import OpenAI

    from pipelines.destinations.targetfile import OpenAITarget

_MB: Final = 1 << 20
_MARGIN: Final = 60  # seconds before an upload in parts expires: nothing is begun any more
_ROUNDS: Final = 3  # uploads in parts that may expire or be refused
PURPOSE: Final = "fine-tune"
_MOST: Final = 20_000  # files and jobs that are looked through for ours


class Sender:
    """Brings files to one target."""

    def __init__(
        self,
        target: OpenAITarget,
        client: OpenAI,
        patience: Patience,
        tell: Tell,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.target = target
        self._client = client.with_options(max_retries=0, timeout=target.timeout)
        self._patience = patience
        self._tell = tell
        self._clock = clock
        self._saving = threading.Lock()

    def bring(self, file: BundleFile, sent: SentFile, receipt: Receipt) -> None:
        """Let a file be there: ``sent.id`` says how it is called. All steps are in the receipt."""
        if sent.id and self._is_there(sent):
            return
        sent.id = ""
        begun = f"begun {sent.name}"
        found = self.find(sent)
        if not found and receipt.notes.get(begun) and not sent.transfer:
            self._settle(receipt.notes[begun])
            found = self.find(sent)
        if not found:
            receipt.notes[begun] = self._clock()
            receipt.save()
            found = self._send(file, sent, receipt)
        sent.id, sent.transfer = found, None
        receipt.notes.pop(begun, None)
        receipt.save()

    def find(self, sent: SentFile) -> str:
        """The ID of a file that is there already, by its name, which has its hash, and its size."""
        files = self._patience.ask(lambda: list_some(self._client.files.list(purpose=PURPOSE)))
        for one in files:
            same = getattr(one, "filename", "") == sent.name and one.bytes == sent.bytes
            if same and getattr(one, "status", "") not in ("error", "deleted"):
                return str(one.id)
        return ""

    def ready(self, sent: SentFile) -> None:
        """Wait until a file was processed. Raises :class:`RefusedError` when it was refused."""
        until = self._clock() + self.target.timeout
        while True:
            found = self._patience.ask(lambda: self._client.files.retrieve(sent.id), sent.id)
            status = str(getattr(found, "status", "") or "processed")
            if status == "error":
                why = getattr(found, "status_details", None) or "it does not say why"
                raise RefusedError(
                    f"[{self.target.name}] {sent.name} was refused by the provider: {why}"
                )
            if status not in ("uploaded", "uploading", "pending", "running"):
                return
            if self._clock() > until:
                raise FailedError(
                    f"[{self.target.name}] {sent.name} is still being processed after "
                    f"{self.target.timeout:.0f} s: upload again later, it goes on from here"
                )
            self._tell(f"{sent.name} is being processed there", 0, 0)
            time.sleep(min(5.0, self.target.settle))

    def _settle(self, begun: float) -> None:
        """Give what was sent before a kill the time to arrive."""
        left = self.target.settle - (self._clock() - begun)
        if left > 0:
            time.sleep(min(left, self.target.settle))

    def _is_there(self, sent: SentFile) -> bool:
        import openai  # noqa: PLC0415 - half a second

        try:
            found = self._patience.ask(
                lambda: self._client.files.retrieve(sent.id, timeout=30), sent.id
            )
        except RefusedError as error:
            if isinstance(error.__cause__, openai.NotFoundError):
                return False
            raise
        return str(getattr(found, "status", "")) != "error"

    def _send(self, file: BundleFile, sent: SentFile, receipt: Receipt) -> str:
        how = self.target.uploads
        in_parts = how == "parts" or (how == "auto" and file.bytes > self.target.part_mb * _MB)
        if in_parts:
            md5 = Md5(file.path)
            for _ in range(_ROUNDS):
                found = self._send_parts(file, sent, receipt, md5)
                if found is None:
                    break  # no such way there
                if found:
                    return found
        return self._send_plain(file, sent)

    def _send_plain(self, file: BundleFile, sent: SentFile) -> str:
        def create() -> Any:
            self._tell(f"uploading {sent.name}", 0, file.bytes)
            with Window(file.path, 0, file.bytes) as window:
                return self._client.files.create(
                    file=(sent.name, cast("BinaryIO", window)), purpose=PURPOSE
                )

        found = self._patience.ask(create, sent.name, lambda: self._named(sent))
        if not is_same(file.path, file.sha256, file.stamp):
            self._patience.ask(lambda: self._client.files.delete(found.id))
            raise _changed(file)
        self._tell(f"uploading {sent.name}", file.bytes, file.bytes)
        return str(found.id)

    def _named(self, sent: SentFile) -> Any:
        found = self.find(sent)
        return Part(number=0, id=found) if found else None

    # -- In parts ---------------------------------------------------------------------

    def _send_parts(
        self, file: BundleFile, sent: SentFile, receipt: Receipt, md5: Md5
    ) -> str | None:
        """The file's ID; ``""`` for an upload that expired; None where there are no uploads."""
        import openai  # noqa: PLC0415 - half a second

        step = "create"
        try:
            transfer = self._transfer(file, sent, receipt)
            step = "parts"
            self._fill(file, sent, transfer, receipt)
            whole = md5.get()
            if not is_same(file.path, file.sha256, file.stamp):
                sent.transfer = None
                receipt.save()
                raise _changed(file)
            step = "complete"
            return self._complete(sent, transfer, whole)
        except RefusedError as error:
            status = getattr(error.__cause__, "status_code", 0)
            if step == "create" and isinstance(error.__cause__, openai.NotFoundError):
                if self.target.uploads == "parts":
                    raise
                return None
            if step == "create" or status not in (400, 404, 409, 410):
                raise
            # Expired, cancelled, completed by a call whose answer was lost, or damaged on its way.
            sent.transfer = None
            receipt.save()
            found = self.find(sent)
            if not found:
                self._tell(f"{error}; beginning {sent.name} anew", 0, 0)
            return found

    def _transfer(self, file: BundleFile, sent: SentFile, receipt: Receipt) -> Transfer:
        """The upload that was begun and takes parts yet, or a new one."""
        known = sent.transfer
        if known and (not known.expires_at or known.expires_at > self._clock() + _MARGIN):
            return known
        begun = self._patience.ask(
            lambda: self._client.uploads.create(
                bytes=file.bytes,
                filename=sent.name,
                mime_type="text/jsonl",
                purpose=PURPOSE,
            ),
            "/uploads",
        )
        sent.transfer = Transfer(
            id=begun.id,
            part_bytes=self.target.part_mb * _MB,
            expires_at=int(getattr(begun, "expires_at", 0) or 0),
        )
        receipt.save()
        return sent.transfer

    def _fill(self, file: BundleFile, sent: SentFile, transfer: Transfer, receipt: Receipt) -> None:
        """Send the parts that are missing, several at once."""
        size = transfer.part_bytes
        known = {part.number for part in transfer.parts}
        missing = [n for n in range(-(-file.bytes // size)) if n not in known]

        def send(number: int) -> None:
            begin = number * size

            def create() -> Any:
                with Window(file.path, begin, min(size, file.bytes - begin)) as window:
                    return self._client.uploads.parts.create(
                        transfer.id, data=(f"part-{number}", cast("BinaryIO", window))
                    )

            found = self._patience.ask(create, transfer.id)
            with self._saving:
                transfer.parts.append(Part(number=number, id=found.id))
                receipt.save()
                done = min(file.bytes, len(transfer.parts) * size)
                self._tell(f"uploading {sent.name}", done, file.bytes)

        with ThreadPoolExecutor(self.target.parallel) as pool:
            jobs: list[Future[None]] = [pool.submit(send, number) for number in missing]
            try:
                wait(jobs, return_when=FIRST_EXCEPTION)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
            for job in jobs:
                if not job.cancelled():
                    job.result()

    def _complete(self, sent: SentFile, transfer: Transfer, md5: str) -> str:
        parts = [part.id for part in sorted(transfer.parts, key=lambda part: part.number)]
        done = self._patience.ask(
            lambda: self._client.uploads.complete(transfer.id, part_ids=parts, md5=md5),
            transfer.id,
            lambda: self._named(sent),
        )
        made = getattr(done, "file", None)
        found = str(made.id) if made else done.id if isinstance(done, Part) else self.find(sent)
        if not found:
            raise FailedError(
                f"[{self.target.name}] {sent.name} was completed, but the provider lists no such "
                f"file: upload again later, it is looked for first"
            )
        return found


def list_some(page: Any) -> list[Any]:
    """All entries of a list that comes page by page, as far as anybody looks."""
    found: list[Any] = []
    if isinstance(page, str | bytes):
        return page  # type: ignore[return-value] # no list: whoever asked refuses it
    for one in page:
        found.append(one)
        if len(found) >= _MOST:
            break
    return found


def _changed(file: BundleFile) -> RefusedError:
    return RefusedError(
        f"{file.path} changed while it was sent: nothing was begun with it; build the dataset "
        f"anew and upload that"
    )
