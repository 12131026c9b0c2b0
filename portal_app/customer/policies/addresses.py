"""Where the policies are: the list, and the page of each by its number."""

from urllib.parse import quote, unquote

POLICIES = "/szerzodesek"


def policy_page(number: str) -> str:
    """Give the address of a policy's page."""
    return f"{POLICIES}/{quote(number, safe='')}"


def number_in(path: str) -> str:
    """Give the policy's number from the address of its page."""
    return unquote(path.removeprefix(f"{POLICIES}/").strip("/")) if path.startswith(f"{POLICIES}/") else ""
