from accounts.models.api_token import ApiToken
from accounts.models.login import Login
from accounts.models.login_lock import LoginLock
from accounts.models.second_factor import RecoveryCode, SecondFactor
from accounts.models.user import User

__all__ = ["ApiToken", "Login", "LoginLock", "RecoveryCode", "SecondFactor", "User"]
