from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .models import Notice


@require_safe
def board(request):
    return render(request, "notices/board.html", {"notices": Notice.objects.all()[:100]})


@require_safe
def notices(request):
    found = Notice.objects.values("title", "text", "posted")[:100]
    return JsonResponse({"database": connection.vendor, "count": Notice.objects.count(), "notices": list(found)})


@require_safe
def health(request):
    """Well is who can read the database."""
    Notice.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
