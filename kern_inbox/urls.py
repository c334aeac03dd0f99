"""URL configuration: the project's own addresses here, the application's in `sessions_app.urls`."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from kern_inbox.observability import probes
from kern_inbox.web import static_files
from sessions_app.views.account import pages

# One door for everybody: the administration's own would ask for no second factor and count no attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler429 = "kern_inbox.sign_in.limits.too_often"

urlpatterns = [
    # One page to change one's password, too: the administration's own counts no attempts.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    # allauth's own list knows no single devices.
    path("accounts/sessions/", RedirectView.as_view(pattern_name="devices"), name="usersessions_list"),
    # Stricter than allauth's of the same names.
    path("accounts/email/", pages.address, name="account_email"),
    path("accounts/email/<str:token>/", pages.confirm_address, name="account_confirm_address"),
    path("accounts/password/reset/", pages.password_reset, name="account_reset_password"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", pages.remove_webauthn, name="mfa_remove_webauthn"),
    path("accounts/password/set/", pages.password_set, name="account_set_password"),
    path("accounts/", include("allauth.urls")),
    path("health/live/", probes.live, name="health-live"),
    path("health/ready/", probes.ready, name="health-ready"),
    path("health/work/", probes.work, name="health-work"),
    # Browsers ask for it beside pages that name no icon, like the administration.
    path("favicon.ico", static_files.favicon),
    path("metrics", probes.metrics, name="metrics"),
    path("", include("sessions_app.urls")),
]
