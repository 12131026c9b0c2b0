"""Token buckets: how many events a socket may send."""

from portal_app.browser.rates import SOCKETS, Buckets


def test_a_burst_passes_and_then_the_long_run_counts() -> None:
    time = [0.0]
    buckets = Buckets(burst=3, per_second=1, clock=lambda: time[0])

    at_once = [buckets.take("a") for _ in range(4)]
    time[0] = 2.0
    later = [buckets.take("a") for _ in range(3)]

    assert at_once == [True, True, True, False]
    assert later == [True, True, False]


def test_one_socket_does_not_use_up_anothers() -> None:
    buckets = Buckets(burst=1, per_second=0)

    assert [buckets.take("a"), buckets.take("a"), buckets.take("b")] == [True, False, True]


def test_many_sockets_do_not_fill_the_memory() -> None:
    buckets = Buckets(burst=1, per_second=0)

    for number in range(SOCKETS + 5):
        buckets.take(str(number))

    assert len(buckets._levels) == SOCKETS
