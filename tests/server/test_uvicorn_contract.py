"""What `hlmock.server.http` relies on in uvicorn's semi-public protocol class.

A failure after an update of uvicorn says: read its `HttpToolsProtocol` anew before raising the pin.
"""

import inspect

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from hlmock.server.http import HttpProtocol, HttpSettings


async def app(scope: object, receive: object, send: object) -> None:
    """Never called."""


def test_the_class_takes_a_configuration_a_state_and_application_state() -> None:
    assert list(inspect.signature(HttpToolsProtocol.__init__).parameters)[1:4] == [
        "config",
        "server_state",
        "app_state",
    ]


def test_the_methods_that_are_replaced_are_there() -> None:
    for name in (
        "data_received",
        "eof_received",
        "on_message_begin",
        "on_headers_complete",
        "on_response_complete",
        "_should_upgrade",
        "_get_upgrade",
        "_unset_keepalive_if_required",
    ):
        assert callable(getattr(HttpToolsProtocol, name)), name


def test_an_upgrade_is_asked_about_before_a_request_is_made() -> None:
    source = inspect.getsource(HttpToolsProtocol.on_headers_complete)
    assert source.index("self._should_upgrade()") < source.index("RequestResponseCycle(")


def test_the_state_has_the_sets_that_a_stop_waits_for() -> None:
    state = ServerState()
    assert state.connections == set()
    assert state.tasks == set()
    assert state.default_headers == []


def test_a_request_has_the_marks_that_decide_about_answers_due() -> None:
    source = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("response_complete", "more_body", "keep_alive"):
        assert f"self.{name}" in source


def test_an_answer_is_written_to_the_requests_transport_and_its_end_is_told() -> None:
    source = inspect.getsource(RequestResponseCycle)
    assert "self.transport.write(" in source
    assert "self.on_response()" in source
    assert "on_response=self.on_response_complete" in inspect.getsource(HttpToolsProtocol.on_headers_complete)


def test_a_configuration_is_loaded_without_a_server_and_without_logging() -> None:
    settings = HttpSettings(app, lambda *_: None)
    assert isinstance(settings.config, Config)
    assert settings.config.loaded
    assert settings.config.loaded_app is app
    assert settings.config.http_protocol_class is HttpProtocol
