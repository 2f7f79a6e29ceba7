"""People: they log in with their e-mail address and are known to others by a name and a colour."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from .addresses import AddressField, canonical
from .names import LineField, check_visible

# Dark enough for white text on them (WCAG AA), bright enough to be seen on a dark page, and as far from each other as
# twelve such colours can be. Each is the farthest from those before it: accounts made one after the other differ most.
COLORS = (
    "#2474cf",
    "#df2414",
    "#178529",
    "#8901a1",
    "#8b45fa",
    "#955e90",
    "#3f2cdf",
    "#d006a7",
    "#9c672e",
    "#4b5833",
    "#9c1f43",
    "#494b88",
)


class UserManager(BaseUserManager["User"]):
    """Makes users without a user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password nobody can log in as them."""
        user = self.model(email=canonical(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything; called by `manage.py createsuperuser`."""
        # Imported here: it has a foreign key to the model below.
        from allauth.account.models import EmailAddress

        user = self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})
        # Who may run commands on the server need not prove an e-mail address, perhaps before any e-mail can be sent.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with an e-mail address, however it is capitalised."""
        return self.get(email=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account."""

    email = AddressField("e-mail address", unique=True)
    name = LineField(max_length=100, blank=True, help_text="How others see you.", validators=[check_visible])
    is_staff = models.BooleanField("staff", default=False, help_text="May log in to the admin site.")
    is_active = models.BooleanField("active", default=True, help_text="Take this away instead of deleting the account.")
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="This e-mail address is taken.",
            )
        ]

    def __str__(self) -> str:
        return str(self.email)

    @property
    def display_name(self) -> str:
        """The name others see; without one, what stands before the @ of the address."""
        return str(self.name or self.email.split("@")[0])

    @property
    def initials(self) -> str:
        """One or two letters for an avatar."""
        words = [word for word in self.display_name.split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    @property
    def color(self) -> str:
        """This person's own colour. In a document with somebody whose colour is like it, the editor gives another."""
        return COLORS[self.color_index]

    @property
    def color_index(self) -> int:
        """Number of this person's colour: style attributes are forbidden, the styles of all pages have classes."""
        return self.pk % len(COLORS)

    def get_full_name(self) -> str:
        """For Django and apps that ask by this name."""
        return self.display_name

    def get_short_name(self) -> str:
        """For Django and apps that ask by this name."""
        return self.display_name
