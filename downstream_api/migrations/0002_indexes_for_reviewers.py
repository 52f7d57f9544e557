from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downstream_api", "0001_notes_and_delegated_access"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="delegatedaccess",
            options={
                "default_permissions": ("view",),
                "ordering": ("-id",),
                "permissions": (("export_delegatedaccess", "Can export delegated access"),),
                "verbose_name": "delegated access",
                "verbose_name_plural": "delegated access log",
            },
        ),
        migrations.RemoveIndex(
            model_name="delegatedaccess",
            name="access_by_subject",
        ),
        migrations.RemoveIndex(
            model_name="delegatedaccess",
            name="access_by_actor",
        ),
        migrations.RemoveIndex(
            model_name="delegatedaccess",
            name="access_by_trace",
        ),
        migrations.RemoveIndex(
            model_name="delegatedaccess",
            name="access_by_token",
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["subject", "time"], name="access_by_subject"),
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["actor", "time"], name="access_by_actor"),
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["route", "time"], name="access_by_route"),
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["decision", "time"], name="access_by_decision"),
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["reason", "time"], name="access_by_reason"),
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["trace_id", "time"], name="access_by_trace"),
        ),
        migrations.AddIndex(
            model_name="delegatedaccess",
            index=models.Index(fields=["token_id", "time"], name="access_by_token"),
        ),
    ]
