/* Keys from keys, sealed blocks, headers, and what is sealed for other rooms. */
#include "fixture.h"

#include <openssl/evp.h>

#include "store/blob.h"
#include "store/cipher.h"
#include "store/header.h"
#include "store/kdf.h"

static void hex(const char *digits, uint8_t *ret)
{
    for (size_t i = 0; digits[2 * i]; i++) {
        unsigned v = 0;
        sscanf(digits + 2 * i, "%2x", &v);
        ret[i] = (uint8_t)v;
    }
}

/* HKDF with a secret of 32 bytes, worked out with Python's hmac from RFC 5869's two steps. */
static void derived_keys_are_those_of_hkdf(void **state)
{
    (void)state;
    uint8_t secret[KEY_BYTES], want[KEY_BYTES], got[KEY_BYTES];
    for (int i = 0; i < KEY_BYTES; i++)
        secret[i] = (uint8_t)i;
    hex("64cc2a23b7a1da4310420350405fdf5d632cb9bda3700d753e96cbcfeb81d449", want);
    kdf_derive(secret, STR("salt"), STR("info"), got);
    assert_memory_equal(got, want, KEY_BYTES);
    hex("37ad29109f43265287804b674e2653d0a513718907f97fca97c95bded8104bbf", want);
    kdf_derive(secret, STR(""), STR(""), got);
    assert_memory_equal(got, want, KEY_BYTES);
}

/* Python's hashlib.scrypt("pleaseletmein", salt "SodiumChloride" padded with zeros to 16, N 1024, r 8, p 1). */
static void passphrases_go_through_scrypt(void **state)
{
    (void)state;
    uint8_t salt[SALT_BYTES] = "SodiumChloride", want[KEY_BYTES], got[KEY_BYTES];
    struct err e = {0};
    hex("62d22ee665a7a13521db6d8eb057b7723f83348d9621435379f695d2e2a91799", want);
    assert_int_equal(kdf_passphrase(STR("pleaseletmein"), salt, 10, got, &e), OK);
    assert_memory_equal(got, want, KEY_BYTES);
    assert_int_equal(kdf_passphrase(STR("x"), salt, 9, got, &e), ERR_UNSUPPORTED);
    assert_int_equal(kdf_passphrase(STR("x"), salt, 31, got, &e), ERR_UNSUPPORTED);
}

/* ---- blocks */

static const uint8_t identity[IDENTITY_BYTES] = "an identity", data_key[KEY_BYTES] = "a data key";

static void a_block_opens_in_its_place_only(void **state)
{
    (void)state;
    const struct place here = {.kind = PLACE_FRAME, .number = 5, .page = 9, .salt = "12345678"};
    struct cipher c, other;
    uint8_t plain[100], sealed[100], trailer[TRAILER_BYTES], data[100];
    memset(plain, 0x61, sizeof plain);
    cipher_init(&c, identity, data_key);
    assert_int_equal(cipher_seal(&c, &here, plain, sizeof plain, sealed, trailer), OK);
    assert_memory_not_equal(sealed, plain, sizeof plain);

    struct place elsewhere[4] = {here, here, here, here};
    elsewhere[0].kind = PLACE_PAGE;
    elsewhere[1].number = 6;
    elsewhere[2].page = 8;
    elsewhere[3].salt[7]++;
    for (int i = 0; i < 4; i++) {
        memcpy(data, sealed, sizeof data);
        assert_int_equal(cipher_open(&c, &elsewhere[i], data, sizeof data, trailer), ERR_CORRUPT);
    }
    for (int i = 0; i < TRAILER_BYTES; i++) {
        uint8_t changed[TRAILER_BYTES];
        memcpy(changed, trailer, sizeof changed);
        changed[i] ^= 0x80;
        memcpy(data, sealed, sizeof data);
        assert_int_equal(cipher_open(&c, &here, data, sizeof data, changed), ERR_CORRUPT);
    }
    memcpy(data, sealed, sizeof data);
    cipher_init(&other, (const uint8_t *)"another identity", data_key);
    assert_int_equal(cipher_open(&other, &here, data, sizeof data, trailer), ERR_CORRUPT);
    cipher_deinit(&other);
    memcpy(data, sealed, sizeof data);
    cipher_init(&other, identity, (const uint8_t[KEY_BYTES]){1});
    assert_int_equal(cipher_open(&other, &here, data, sizeof data, trailer), ERR_CORRUPT);
    cipher_deinit(&other);

    memcpy(data, sealed, sizeof data);
    cipher_init(&other, identity, data_key);
    assert_int_equal(cipher_open(&other, &here, data, sizeof data, trailer), OK);
    assert_memory_equal(data, plain, sizeof plain);
    cipher_deinit(&other);
    cipher_deinit(&c);
}

/* More writers than sessions are kept, read in turns; and no nonce twice. */
static void blocks_of_many_sessions_open(void **state)
{
    (void)state;
    enum { WRITERS = 3 * CIPHER_SESSIONS, EACH = 4 };
    static uint8_t sealed[WRITERS * EACH][64], trailer[WRITERS * EACH][TRAILER_BYTES];
    struct cipher c;
    for (int i = 0; i < WRITERS * EACH; i++) {
        const struct place at = {.kind = PLACE_PAGE, .number = (uint64_t)i};
        uint8_t plain[64];
        memset(plain, i, sizeof plain);
        if (i % EACH == 0)
            cipher_init(&c, identity, data_key);
        assert_int_equal(cipher_seal(&c, &at, plain, sizeof plain, sealed[i], trailer[i]), OK);
        if (i % EACH == EACH - 1)
            cipher_deinit(&c);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(trailer[i], trailer[k], 16);
    }
    cipher_init(&c, identity, data_key);
    for (int k = 0; k < WRITERS * EACH; k++) {
        int i = k * EACH % (WRITERS * EACH) + k * EACH / (WRITERS * EACH);
        const struct place at = {.kind = PLACE_PAGE, .number = (uint64_t)i};
        assert_int_equal(cipher_open(&c, &at, sealed[i], 64, trailer[i]), OK);
        assert_int_equal(sealed[i][63], i);
    }
    cipher_deinit(&c);
}

/* The counter is 32 bits: after the last a new session begins. */
static void a_session_ends_before_its_counter_comes_round(void **state)
{
    (void)state;
    const struct place at = {.kind = PLACE_PAGE, .number = 1};
    struct cipher c;
    uint8_t data[3][16] = {{1}, {2}, {3}}, trailer[3][TRAILER_BYTES];
    cipher_init(&c, identity, data_key);
    assert_int_equal(cipher_seal(&c, &at, data[0], 16, data[0], trailer[0]), OK);
    c.counter = UINT32_MAX - 1;
    assert_int_equal(cipher_seal(&c, &at, data[1], 16, data[1], trailer[1]), OK);
    assert_memory_equal(trailer[0], trailer[1], SESSION_BYTES);
    assert_int_equal(cipher_seal(&c, &at, data[2], 16, data[2], trailer[2]), OK);
    assert_memory_not_equal(trailer[1], trailer[2], SESSION_BYTES);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cipher_open(&c, &at, data[i], 16, trailer[i]), OK);
        assert_int_equal(data[i][0], i + 1);
    }
    cipher_deinit(&c);
}

/* With OpenSSL alone, at the offsets that header.h draws: what older versions wrote must open. */
static void a_header_is_as_it_is_drawn(void **state)
{
    (void)state;
    const uint8_t master[KEY_BYTES] = {9};
    const struct header h = {.source = KEY_FROM_FILE};
    struct keys made;
    uint8_t key[KEY_BYTES], secrets[2 * KEY_BYTES];
    int n = 0;
    assert_int_equal(header_make(&h, master, NULL, &made), OK);
    uint8_t *bytes = made.header;
    kdf_derive(master, str_from(bytes + 48, IDENTITY_BYTES), STR("hearth store wrap"), key);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, bytes + 80), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, bytes, 80), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, secrets, &n, bytes + 92, sizeof secrets), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, bytes + 156), 1);
    assert_int_equal(EVP_DecryptFinal_ex(ctx, secrets + n, &n), 1);
    EVP_CIPHER_CTX_free(ctx);
    assert_memory_equal(secrets, made.data, KEY_BYTES);
    assert_memory_equal(secrets + KEY_BYTES, made.root, KEY_BYTES);
}

/* ---- blobs */

static void blobs_open_with_their_key_and_context_only(void **state)
{
    (void)state;
    enum { N = 12, SEALED = N + BLOB_EXTRA_BYTES };
    const uint8_t key[BLOB_KEY_BYTES] = {1}, other[BLOB_KEY_BYTES] = {2};
    static const char zeros[N] = {0};
    uint8_t sealed[SEALED];
    char plain[N];
    assert_int_equal(blob_seal(key, STR("context"), "secret words", N, sealed), OK);
    assert_null(memmem(sealed, SEALED, "secret", 6));
    assert_int_equal(blob_open(key, STR("other"), sealed, SEALED, plain), ERR_CORRUPT);
    assert_memory_equal(plain, zeros, N);
    assert_int_equal(blob_open(other, STR("context"), sealed, SEALED, plain), ERR_CORRUPT);
    for (size_t i = 0; i < SEALED; i++) {
        sealed[i] ^= 1;
        assert_int_equal(blob_open(key, STR("context"), sealed, SEALED, plain), ERR_CORRUPT);
        sealed[i] ^= 1;
        assert_int_equal(blob_open(key, STR("context"), sealed, i, plain), ERR_CORRUPT);
    }
    assert_int_equal(blob_open(key, STR("context"), sealed, SEALED, plain), OK);
    assert_memory_equal(plain, "secret words", N);
    assert_int_equal(blob_seal(key, STR(""), NULL, 0, sealed), OK);
    assert_int_equal(blob_open(key, STR(""), sealed, BLOB_EXTRA_BYTES, NULL), OK);
    assert_int_equal(blob_open(key, STR("x"), sealed, BLOB_EXTRA_BYTES, NULL), ERR_CORRUPT);
}

static void subkeys_differ_by_purpose_and_stay(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t a[32], b[32], again[32];
    fixture_make(&f);
    struct store *s = fixture_open(&f);
    store_subkey(s, "a", a);
    store_subkey(s, "b", b);
    assert_memory_not_equal(a, b, 32);
    store_free(s);
    s = fixture_open(&f);
    store_subkey(s, "a", again);
    assert_memory_equal(a, again, 32);
    store_free(s);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_keys_are_those_of_hkdf),
        cmocka_unit_test(passphrases_go_through_scrypt),
        cmocka_unit_test(a_block_opens_in_its_place_only),
        cmocka_unit_test(blocks_of_many_sessions_open),
        cmocka_unit_test(a_session_ends_before_its_counter_comes_round),
        cmocka_unit_test(a_header_is_as_it_is_drawn),
        cmocka_unit_test(blobs_open_with_their_key_and_context_only),
        cmocka_unit_test(subkeys_differ_by_purpose_and_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
