from django.urls import path

from . import views

urlpatterns = [
    path("", views.board),
    path("healthz", views.health),
    path("api/notices", views.notices),
]
