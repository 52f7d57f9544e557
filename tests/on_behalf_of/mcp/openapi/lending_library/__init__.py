"""A public library that lends books: an API as other teams write them, for tests of tools made from its description.

It is described by drf-spectacular's own AutoSchema and protected by this library as docs/adopt.md says. It has 50
operations below `/api/v2/`, and `/schema` is described as well. Three rules beyond scopes decide what a user sees:
`get_queryset` (own loans, reservations and payments), `filter_backends` (members of the own branch) and permissions.

Each row names a shape that descriptions have, an operation that has it, and what a generator of tools makes of it.
`test_lending_library.py` checks each row against the document.

Fields of bodies and answers:
    nullable enum with blank     | books_create             | one enum, with "" and null
    read-only enum               | books_create             | absent from the arguments, though listed in the body
    read-only object             | books_create             | the same, as `allOf` with a `$ref`
    nullable object              | books_create             | an object or null; 3.0 and 3.1 say it differently
    blank or formatted text      | books_create             | `oneOf` of an e-mail address and ""
    nested object                | books_create             | an object in the arguments
    list of nested objects       | books_create             | a list of objects in the arguments
    list of integers             | books_create             | a list
    map of texts                 | books_create             | an object with any names
    any JSON                     | books_create             | a value without a type
    decimal                      | books_create             | a text with a pattern, not a number
    integer of 64 bits           | books_create             | a bound beyond what JavaScript counts exactly
    formatted texts              | books_retrieve           | date, date-time, UUID, URL; a duration has no format
    plain formats                | newsletter_create        | an e-mail address that must not be blank
    default                      | newsletter_create        | a value that may be left out
    recursion                    | categories_create        | `$ref`s that end nowhere, so they are cut
    polymorphic body             | payments_create          | `oneOf` at the root, with a discriminator
    polymorphic list             | payments_list            | the same in a page of answers
    array as the body            | books_reprice_create     | an array at the root, which arguments cannot be
    optional body                | books_partial_update     | no required members
    no body                      | loans_renew_create       | a POST without arguments for a body
Answers:
    no content                   | loans_return_create      | 204
    deletion                     | books_destroy            | 204, and a hint that it destroys
    plain list                   | loans_overdue_list       | an array, not an object
    map as the answer            | getShelfMap              | an object with any names
    handwritten `nullable`       | getShelfMap              | null is allowed, though 3.1 does not know the word
    sparse answer                | books_search_list        | lacks required members if `fields` leaves them out
    page by number               | books_list               | `page`, `page_size`; no URLs in the result
    page by offset               | reviews_list             | `limit`, `offset`
    page by cursor               | members_list             | `cursor`, hidden in a URL
    no pages                     | books_copies_list        | an array of any length
    binary download              | books_cover_retrieve     | bytes, which no tool returns
    text download                | members_export_retrieve  | text that is not JSON
Parameters:
    enum parameter               | loans_list               | a choice
    repeated parameter           | books_search_list        | `language=en&language=fr`
    comma-separated parameter    | books_search_list        | `fields=id,title`
    deep object parameter        | books_search_list        | `price[min]=1&price[max]=9`
    more than 40 parameters      | books_list               | too many to describe them all
    odd parameter names          | reviews_list             | `title[contains]` and `created-after`
    optional header              | books_retrieve           | left out
    required header              | transfers_create         | refused, because arguments never set headers
    format parameter             | statistics_retrieve      | left out
    format suffix                | statistics_formatted_retrieve | a second path to the same, with two `format`s
    three equal names            | shelves_update           | `name` in path, query and body
    two path parameters          | books_copies_retrieve    | an integer each
    text in the path             | members_retrieve         | `export` would reach the route beside it
    UUID in the path             | reservations_destroy     | a text with a format
Media types:
    multipart only               | books_cover_update       | refused: no file fits into arguments
    multipart beside JSON        | members_partial_update   | JSON; its `photo` cannot be set by it
    form only                    | newsletter_create        | encoded as a form
Texts, names and access:
    public                       | opening_hours_list       | refused, because it names no scope
    any token                    | me_retrieve              | refused too: its scopes are an empty list
    session as an alternative    | books_list               | left out of what a caller needs
    hostile description          | notices_list             | bidi, control and tag characters, which are stripped
    hostile field text           | notices_list             | the same in a field's help text
    long description             | stocktakes_create        | cut
    camelCase id                 | getShelfMap              | a name of its own style
    deprecated                   | isbn_retrieve            | said, or refused
Not in the document, so a tool meets them only in calls:
    a throttle                   | loans_renew_create       | 429 after two calls in an hour
    an object permission         | loans_return_create      | 403 unless the caller borrowed the book
    a permission beyond scopes   | members_export_retrieve  | 403 unless the caller is a librarian
    rows by get_queryset         | loans_retrieve           | 404 for a loan of somebody else
    rows by filter_backends      | members_retrieve         | 404 for a member of another branch
"""
