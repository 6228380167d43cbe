"""Firefox as Debian has it, driven by a few words of WebDriver BiDi (w3.org/TR/webdriver-bidi)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from websocket import WebSocket, create_connection

DARK = 'user_pref("layout.css.prefers-color-scheme.content-override", 0);'  # 1 would be light
SECONDS = 60
PATH = shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One tab of a Firefox that was started for it, with a profile of its own."""

    def __init__(self, profile: Path, dark: bool = False):
        profile.mkdir(exist_ok=True)
        (profile / "user.js").write_text(DARK if dark else "")
        command = [PATH, "--headless", "--no-remote", "--profile", str(profile)]
        self.log = profile / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--remote-debugging-port=0", "about:blank"], stdout=log, stderr=log
            )
        try:
            self.socket, self.number = self.connected(), 0
            self.say("session.new", capabilities={})
            self.tab = self.say("browsingContext.getTree")["contexts"][0]["context"]
        except BaseException:
            self.process.kill()
            raise

    def connected(self) -> WebSocket:
        """Where Firefox listens stands in what it prints, once it does."""
        for _ in range(10 * SECONDS):
            address = re.search(r"ws://\S+", self.log.read_text(errors="replace"))
            if address:
                return create_connection(f"{address[0]}/session", SECONDS, suppress_origin=True)
            time.sleep(0.1)
        raise TimeoutError(f"Firefox does not listen: {self.log.read_text(errors='replace')}")

    def say(self, method: str, **params: Any) -> dict:
        """The result of a command; what Firefox tells beside it is not heard."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.number:
            pass
        assert answer["type"] == "success", answer
        return answer["result"]

    def open(self, address: str, width: int = 1280, height: int = 900) -> None:
        viewport = {"width": width, "height": height}
        self.say("browsingContext.setViewport", context=self.tab, viewport=viewport)
        self.say("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def evaluate(self, function: str, *arguments: Any) -> Any:
        """What a function of JavaScript answers to arguments, and then promises, in the page."""
        call = f"(async () => JSON.stringify(await ({function})(...{json.dumps(arguments)})))()"
        target = {"context": self.tab}
        found = self.say("script.evaluate", expression=call, target=target, awaitPromise=True)
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"].get("value", "null"))

    def close(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()
