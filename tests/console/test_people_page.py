"""Users and tokens, as an admin keeps them."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Login, User
from accounts.services import logins
from rdos.kernel.models import JournalEntry
from tests.console.browsing import session_of
from tests.console.conftest import Visit
from tests.people import PASSWORD, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
USERS = "/console/accounts/user/"
TOKENS = "/console/accounts/apitoken/"


@pytest.fixture
def at_desk(client: Client, super_admin: Person) -> Client:
    client.cookies["session"] = session_of(super_admin)
    return client


def test_an_admin_makes_a_user_who_can_sign_in(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    page = browser.go(f"{USERS}add/")
    page.get_by_label("Username").fill("nina")
    page.get_by_label("Password").fill("short")
    page.get_by_label("Role").select_option("operator")
    page.get_by_role("button", name="Add").click()
    browser.sees("It needs a digit.")
    page.get_by_label("Password").fill("Nine-Lamps-99")
    page.get_by_role("button", name="Add").click()
    browser.sees("nina can sign in now.")
    assert User.objects.get(username="nina").role == "operator"
    entry = JournalEntry.objects.get(action="user.create", object_label="nina")
    assert (entry.actor_label, entry.actor_address[:5]) == ("alice", "10.1.")
    assert not LogEntry.objects.exists()
    browser.is_content()


def test_an_admin_cannot_make_a_super_admin(client: Client, admin: Person) -> None:
    client.cookies["session"] = session_of(admin)
    form = {"username": "eve", "password": "Nine-Lamps-99", "role": "super_admin", "tier": "free"}
    answer = client.post(f"{USERS}add/", form)
    assert answer.status_code == 200
    assert not User.objects.filter(username="eve").exists()


def test_a_taken_name_is_told_in_the_form(at_desk: Client, viewer: Person) -> None:
    form = {"username": "VERA", "password": "Nine-Lamps-99", "role": "viewer", "tier": "free"}
    assert "already in use" in at_desk.post(f"{USERS}add/", form).content.decode()


def test_saving_without_a_change_changes_nothing(at_desk: Client, viewer: Person) -> None:
    User.objects.filter(pk=viewer.id).update(expires_at=timezone.now() - timezone.timedelta(days=1))
    user = User.objects.get(pk=viewer.id)
    form = {
        "display_name": "Vera",
        "email": user.email,
        "role": "viewer",
        "tier": "free",
        "is_active": "on",
        "expires_at": f"{user.expires_at:%Y-%m-%dT%H:%M}",
    }
    assert at_desk.post(f"{USERS}{viewer.id}/change/", form).status_code == 302
    assert not JournalEntry.objects.filter(action="user.update").exists()


def test_users_are_deactivated_together_after_a_question(
    visit: Visit, super_admin: Person, viewer: Person, stranger: Person
) -> None:
    browser = visit(super_admin)
    page = browser.go(USERS)
    for name in ("vera", "charlie", "sofia"):
        page.get_by_role("row").filter(has=page.locator(".c-name", has_text=name)).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("deactivate")
    page.get_by_role("button", name="Run").click()
    browser.sees("They can no longer sign in")
    assert User.objects.filter(is_active=True).count() == 3
    page.get_by_role("button", name="Deactivate").click()
    browser.sees("You cannot deactivate your own account.")
    browser.picture("users-after-action")
    assert list(User.objects.filter(is_active=True).values_list("username", flat=True)) == ["sofia"]
    browser.is_content()


def test_deleting_yourself_is_refused_in_words(visit: Visit, super_admin: Person, viewer: Person) -> None:
    browser = visit(super_admin)
    page = browser.go(f"{USERS}{super_admin.id}/delete/")
    page.get_by_role("button", name="Delete").click()
    browser.sees("You cannot delete your own account.")
    browser.go(f"{USERS}{viewer.id}/delete/")
    page.get_by_role("button", name="Delete").click()
    browser.sees("Vera: deleted.")
    assert User.objects.count() == 1
    browser.is_content()


def test_an_admin_does_not_touch_those_above(client: Client, admin: Person, super_admin: Person) -> None:
    client.cookies["session"] = session_of(admin)
    logins.open_login(user=super_admin.user, origin=logins.Origin("203.0.113.9"), at=timezone.now())
    for action in ("deactivate", "end_logins", "remove_second_factor", "delete_for_good"):
        form = {"action": action, "index": "0", "_selected_action": str(super_admin.id), "confirmed": "yes"}
        page = client.post(USERS, form, follow=True)
        assert "Nobody grants or changes a role above their own." in page.content.decode()
    assert User.objects.get(pk=super_admin.id).is_active
    assert Login.objects.filter(user=super_admin.user, revoked_at=None).exists()


def test_ending_all_logins_signs_somebody_out_and_is_journalled(at_desk: Client, viewer: Person) -> None:
    browser = Client()
    browser.cookies["session"] = session_of(viewer)
    assert browser.get("/account").status_code == 200
    form = {"action": "end_logins", "index": "0", "_selected_action": str(viewer.id), "confirmed": "yes"}
    at_desk.post(USERS, form)
    assert browser.get("/account").status_code == 307
    assert JournalEntry.objects.filter(action="user.logins_ended", object_id=str(viewer.id)).exists()


def test_a_viewer_finds_no_users_page_and_is_told_why(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer)
    browser.go("/")
    assert browser.page.get_by_role("link", name="Users").count() == 0
    browser.go(USERS, status=403)
    browser.sees("Your role does not reach this page.")
    browser.picture("forbidden")
    browser.is_content()


@pytest.mark.parametrize(
    "path", [USERS, f"{USERS}add/", "/console/kernel/journalentry/", "/console/django_celery_beat/periodictask/"]
)
def test_a_developer_reaches_no_page_of_admins(client: Client, developer: Person, path: str) -> None:
    client.cookies["session"] = session_of(developer)
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/console/auth/group/", "/console/django_celery_beat/crontabschedule/"])
def test_what_belongs_to_nobody_has_no_page(at_desk: Client, path: str) -> None:
    assert at_desk.get(path, headers={"accept": "text/html"}).status_code == 404


def test_the_theme_cannot_delete_past_the_services(at_desk: Client, viewer: Person) -> None:
    form = {"action": "delete_selected", "index": "0", "_selected_action": str(viewer.id), "post": "yes"}
    at_desk.post(USERS, form)
    assert User.objects.filter(pk=viewer.id).exists()


def test_a_robot_token_is_made_shown_once_and_revoked(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    page = browser.go(f"{TOKENS}add/")
    page.get_by_label("Kind").select_option("robot")
    page.get_by_label("Name").fill("left arm")
    page.get_by_label("Robot", exact=True).fill("arm-1")
    page.get_by_role("button", name="Add").click()
    assert page.locator("#secret").inner_text().strip().startswith("crpa_")
    browser.picture("token-shown")
    browser.go(f"{TOKENS}{ApiToken.objects.get().pk}/change/")
    page.get_by_role("button", name="Revoke").click()
    browser.sees("This is final.")
    page.get_by_role("button", name="Revoke").click()
    browser.sees("revoked.")
    assert ApiToken.objects.get().revoked_at
    browser.is_content()


def test_a_robot_token_without_a_robot_is_told_in_the_form(at_desk: Client) -> None:
    answer = at_desk.post(f"{TOKENS}add/", {"kind": "robot", "name": "x"})
    assert "A robot token names its robot" in answer.content.decode()


def test_a_viewer_sees_their_own_tokens_only(client: Client, viewer: Person, stranger: Person) -> None:
    viewer.token()
    stranger.token()
    client.cookies["session"] = session_of(viewer)
    other = ApiToken.objects.get(owner=stranger.user)
    assert "charlie" not in client.get(TOKENS).content.decode()
    assert client.get(f"{TOKENS}{other.pk}/change/").status_code == 404
    form = {"action": "revoke", "index": "0", "_selected_action": str(other.pk), "confirmed": "yes"}
    client.post(TOKENS, form)
    assert ApiToken.objects.get(pk=other.pk).revoked_at is None


def test_a_bad_id_is_a_404(at_desk: Client) -> None:
    for path in (f"{USERS}nobody/change/", f"{USERS}nobody/delete/", f"{TOKENS}x/change/"):
        assert at_desk.get(path).status_code == 404


def test_the_password_of_a_user_is_never_shown(at_desk: Client, viewer: Person) -> None:
    page = at_desk.get(f"{USERS}{viewer.id}/change/").content.decode()
    assert "argon2" not in page
    assert PASSWORD not in page
