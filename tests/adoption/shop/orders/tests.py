from accounts.models import Customer
from django.test import TestCase
from django.urls import reverse
from rest_framework.test import APIClient

from orders.models import Order, Stock


class OrderTests(TestCase):
    databases = {"default", "stock"}

    def setUp(self):
        self.anna = Customer.objects.create_user("anna@example.com", "secret")
        self.partner = Customer.objects.create_user("acme@partners.example")
        self.client = APIClient()

    def test_a_customer_places_an_order_and_sees_only_her_own_orders(self):
        Order.objects.create(customer=self.partner, item="tea")
        self.client.force_authenticate(self.anna)
        url = reverse("v1:order-list")
        created = self.client.post(url, {"item": "coffee", "quantity": 2})
        self.assertEqual(created.status_code, 201)
        self.assertEqual(
            [each["item"] for each in self.client.get(url).json()], ["coffee"]
        )

    def test_a_partner_orders_with_its_key(self):
        self.client.credentials(HTTP_AUTHORIZATION="Bearer partner-acme")
        answer = self.client.post(reverse("v1:order-list"), {"item": "tea"})
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(Order.objects.get().customer, self.partner)

    def test_a_wrong_key_is_refused(self):
        self.client.credentials(HTTP_AUTHORIZATION="Bearer partner-nobody")
        answer = self.client.get(reverse("v1:order-list"))
        self.assertEqual(answer.status_code, 401)

    def test_a_logged_in_customer_uses_the_session(self):
        self.client.login(email="anna@example.com", password="secret")
        self.assertEqual(self.client.get(reverse("v1:order-list")).json(), [])

    def test_a_stranger_is_refused(self):
        self.assertIn(self.client.get(reverse("v1:order-list")).status_code, {401, 403})

    def test_stock_comes_from_the_warehouse(self):
        Stock.objects.create(item="coffee", left=3)
        self.client.force_authenticate(self.anna)
        answer = self.client.get(reverse("v1:stock", args=["coffee"]))
        self.assertEqual(answer.json(), {"item": "coffee", "left": 3})

    def test_an_invalid_order_leaves_no_rows(self):
        self.client.force_authenticate(self.anna)
        answer = self.client.post(reverse("v1:order-list"), {"item": "", "quantity": 1})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(Order.objects.exists())

    def test_the_description_names_every_operation(self):
        self.assertContains(self.client.get(reverse("schema")), "Order something")
