"""The line to the student's kernel: one request, its answer, and never a wait without an end."""

import time

import zmq

from .student_side import ASK

TICK = 0.25  # seconds between two looks at whether the kernel lives
GRACE = 3.0  # seconds that an interrupted kernel has to answer


class KernelGoneError(BaseException):
    """The kernel has ended. Not an Exception, so that no test takes it for an answer's error."""


class CallTimeoutError(BaseException):
    """A call took too long; the kernel may still work."""


class BadReplyError(BaseException):
    """The kernel said what the agent never says.

    Attributes
    ----------
    forged : bool
        Whether nothing but tampering explains it.
    """

    def __init__(self, text, forged=True):
        super().__init__(text)
        self.forged = forged


def _here(function, *arguments):
    return function(*arguments)


class Line:
    """Asks the agent in the kernel.

    Parameters
    ----------
    client : jupyter_client.KernelClient
        With its channels started.
    alive, interrupt : callable
        Without arguments; whether the kernel lives, and stop what it does.
    received : callable
        Gets the size in bytes of every message that arrives on the side; may raise.
    there : callable
        Calls a function with arguments in the thread that runs the client's event loop. A socket
        may be used in one thread only: libzmq ends the process otherwise.
    """

    def __init__(self, client, alive, interrupt, received=lambda size: None, there=_here):
        self.client, self.alive, self.interrupt = client, alive, interrupt
        self.received, self.there = received, there
        channels = {
            name: getattr(client, f"{name}_channel") for name in ("shell", "stdin", "iopub")
        }
        self.sockets = {
            name: zmq.Socket.shadow(channel.socket.underlying) for name, channel in channels.items()
        }
        self.poller = zmq.Poller()
        for socket in self.sockets.values():
            self.poller.register(socket, zmq.POLLIN)

    def execute(self, code, deadline, expression=None, answer=None):
        """Run code silently and return the text of an expression.

        Parameters
        ----------
        code : str
        deadline : float
            On `time.monotonic`'s clock.
        expression : str
            Evaluated after the code.
        answer : callable
            Answers what the agent asks meanwhile, text for text.

        Raises
        ------
        KernelGoneError, CallTimeoutError, BadReplyError
        """
        content = {
            "code": code,
            "silent": True,
            "store_history": False,
            "user_expressions": {"reply": expression} if expression else {},
            "allow_stdin": True,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content)
        self.there(self.client.shell_channel.send, message)
        number = message["header"]["msg_id"]
        reply = self._wait(number, deadline, answer)
        if reply is None:
            self.interrupt()
            reply = self._wait(number, time.monotonic() + GRACE, None)
            if reply is None:
                raise KernelGoneError("time")
            raise CallTimeoutError
        return _text(reply, bool(expression))

    def _wait(self, number, deadline, answer):
        """Return the reply, or None after the deadline."""
        checked = time.monotonic()
        while (now := time.monotonic()) < deadline:
            ready = dict(self.there(self.poller.poll, 1000 * min(TICK, deadline - now)))
            for name, socket in self.sockets.items():
                if socket not in ready:
                    continue
                message = self._receive(name, socket)
                if message is None or _parent(message) != number:
                    continue
                if name == "shell":
                    return message
                if name == "stdin":
                    self._answer(message, answer)
            if now - checked > TICK:
                checked = now
                if not self.alive():
                    raise KernelGoneError("")
        return None

    def _receive(self, name, socket):
        frames = self.there(socket.recv_multipart)
        if name == "iopub":  # what is printed while the agent works, it collects itself
            self.received(sum(map(len, frames)))
            return None
        session = self.client.session
        try:
            return session.deserialize(session.feed_identities(frames)[1])
        except Exception as problem:
            raise BadReplyError(f"an unreadable message ({type(problem).__name__})") from None

    def _answer(self, message, answer):
        try:
            prompt = message["content"]["prompt"]
        except (KeyError, TypeError):
            raise BadReplyError("a malformed request") from None
        if answer is not None and isinstance(prompt, str) and prompt.startswith(ASK):
            self.there(self.client.input, answer(prompt.removeprefix(ASK)))
        else:
            self.there(self.client.input, "\x04")  # the end of a file: nobody types here


def _parent(message):
    parent = message.get("parent_header")
    return parent.get("msg_id") if isinstance(parent, dict) else None


def _text(reply, wanted):
    """Take the expression's text out of a reply."""
    content = reply.get("content")
    if not isinstance(content, dict):
        raise BadReplyError("a malformed reply")
    if not wanted:
        return None
    expressions = content.get("user_expressions")
    result = expressions.get("reply") if isinstance(expressions, dict) else None
    if not isinstance(result, dict):
        raise BadReplyError("a reply without a result", forged=False)
    if result.get("status") != "ok":
        name = str(result.get("ename"))[:100]
        # These come from outside of the agent too; that it is gone, or fails, does not.
        harmless = ("KeyboardInterrupt", "MemoryError", "RecursionError")
        raise BadReplyError(f"the agent stopped with {name}", forged=name not in harmless)
    data = result.get("data")
    text = data.get("text/plain") if isinstance(data, dict) else None
    if not isinstance(text, str):
        raise BadReplyError("a result that is no text")
    return text.strip("'\"")
