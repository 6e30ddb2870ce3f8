"""A trace that has just woken: what its upstream says too early is not passed on."""
import pytest

SIM = {"hosts": ["localhost"], "idle": "1h", "parts": {"p": {"sim": {"boot": "10ms"}}}}


def early(answers):
    """Answers each request in turn as told, then 200."""
    left = list(answers)

    def handler(conn, request):
        conn.body(request)
        answer = left.pop(0) if left else "200 OK"
        if answer == "close":
            conn.end()
        elif answer == "reset":
            conn.reset()
        else:
            conn.answer(answer, status=answer)
    return handler


@pytest.mark.parametrize("answers", [
    ["503 Service Unavailable"], ["502 Bad Gateway", "504 Gateway Timeout"], ["close"], ["reset"],
    ["close", "503 Service Unavailable", "reset"]], ids=" ".join)
def test_a_safe_request_waits_until_it_is_ready(wakeproxy, make_origin, answers):
    origin = make_origin(early(answers))
    wakeproxy.start({"t": {**SIM, "settle": "1m", "upstream": {"address": origin.text}}})
    response = wakeproxy.get("/")
    assert response.status == 200 and response.body == b"200 OK"


def test_what_is_not_safe_is_answered(wakeproxy, make_origin):
    origin = make_origin(early(["503 Service Unavailable", "close"]))
    wakeproxy.start({"t": {**SIM, "settle": "1m", "upstream": {"address": origin.text}}})
    for status in (503, 502):
        with wakeproxy.client() as client:
            client.request("/", method="POST", body=b"x")
            assert client.response().status == status


def test_once_settled_an_answer_is_an_answer(wakeproxy, make_origin):
    origin = make_origin(early(["503 Service Unavailable"]))
    wakeproxy.start({"t": {**SIM, "settle": "0s", "upstream": {"address": origin.text}}})
    assert wakeproxy.get("/").status == 503


def test_what_is_always_on_does_not_settle(wakeproxy, make_origin):
    origin = make_origin(early(["503 Service Unavailable"]))
    wakeproxy.start({"t": {"hosts": ["localhost"], "settle": "1m",
                           "upstream": {"address": origin.text}}})
    assert wakeproxy.get("/").status == 503
