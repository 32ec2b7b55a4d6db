"""The refusals of accounts."""

from rdos.kernel.errors import Conflict, DomainError, Forbidden, InvalidInput, InvalidToken, NotAuthenticated


class WrongCredentials(NotAuthenticated):
    """Invalid username or password"""

    code = "wrong_credentials"


class WrongPassword(Forbidden):
    """The current password is not right."""

    code = "wrong_password"


class SecondFactorRequired(NotAuthenticated):
    """Send the six digits of your authenticator as `otp`."""

    code = "second_factor_required"


class WrongSecondFactor(NotAuthenticated):
    """That code is not valid."""

    code = "wrong_second_factor"


class WrongTokenType(InvalidToken):
    """Invalid token type. Use access token."""

    code = "wrong_token_type"


class NotARefreshToken(DomainError):
    """Invalid token type. Expected refresh token."""

    code = "wrong_token_type"
    status = 400


class InvalidRefreshToken(NotAuthenticated):
    """Invalid refresh token"""

    code = "invalid_refresh_token"


class InvalidApiToken(NotAuthenticated):
    """Invalid or expired API token"""

    code = "invalid_api_token"


class InvalidForeignToken(InvalidToken):
    """Invalid token"""

    code = "invalid_foreign_token"


class RoleTooLow(Forbidden):
    """Insufficient permissions."""

    code = "role_too_low"


class ScopeMissing(Forbidden):
    """This token's scopes do not cover that."""

    code = "scope_missing"


class AboveYourself(Forbidden):
    """Nobody grants or changes a role above their own."""

    code = "above_yourself"


class NotYourself(InvalidInput):
    """You cannot delete your own account."""

    code = "not_yourself"


class LastSuperAdmin(Conflict):
    """The hub needs at least one active super admin."""

    code = "last_super_admin"


class NameTaken(Conflict):
    """That username or e-mail is already in use."""

    code = "name_taken"


class WeakPassword(InvalidInput):
    """The password is too weak."""

    code = "weak_password"


class CodeDoesNotFit(InvalidInput):
    """That code is not valid."""

    code = "code_does_not_fit"


class AlreadyEnrolled(Conflict):
    """A second factor is already in place; remove it first."""

    code = "already_enrolled"
