from django.contrib import admin

from .models import Notice

admin.site.site_header = "Notice board"


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    list_display = ["title", "posted"]
    search_fields = ["title", "text"]
