#include "common/crypto/hkdf.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace skerry::crypto {
namespace {

/// first, first + 1, …, last
Bytes counting(unsigned first, unsigned last) {
    Bytes bytes;
    for (unsigned value = first; value <= last; ++value)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

struct Rfc5869Case {
    const char* name;
    Bytes input_key;
    Bytes salt;
    Bytes info;
    std::string_view pseudorandom_key;
    std::string_view output_key;
};

// RFC 5869, appendix A, the cases with SHA-256.
std::vector<Rfc5869Case> rfc5869_cases() {
    return {
        {"A.1", Bytes(22, std::byte{0x0b}), counting(0x00, 0x0c), counting(0xf0, 0xf9),
         "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {"A.2", counting(0x00, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff),
         "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f0"
         "9"
         "b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {"A.3",
         Bytes(22, std::byte{0x0b}),
         {},
         {},
         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };
}

TEST(Hkdf, DerivesAsPublishedInRfc5869) {
    for (const Rfc5869Case& expected : rfc5869_cases()) {
        SCOPED_TRACE(expected.name);
        const Secret<32> key = hkdf_extract(expected.salt, expected.input_key);
        EXPECT_EQ(to_hex(key.view()), expected.pseudorandom_key);
        Bytes out(expected.output_key.size() / 2);
        hkdf_expand_into(key.view(), expected.info, out);
        EXPECT_EQ(to_hex(out), expected.output_key);
    }
}

TEST(Hkdf, GivesIndependentKeysForDifferentPurposes) {
    const Secret<32> root = Secret<32>::random();
    const auto one = hkdf_expand<32>(root.view(), bytes_of("one"));
    const auto other = hkdf_expand<32>(root.view(), bytes_of("other"));
    EXPECT_NE(to_hex(one.view()), to_hex(other.view()));
    const auto again = hkdf_expand<32>(root.view(), bytes_of("one"));
    EXPECT_EQ(to_hex(one.view()), to_hex(again.view()));
}

TEST(Hkdf, ExpandsToTheLimitsOfTheRfcAndOfTheLibrary) {
    const Secret<32> root = Secret<32>::random();
    Bytes longest(std::size_t{255} * 32);
    hkdf_expand_into(root.view(), Bytes(kHkdfInfoBytesMax), longest);
    EXPECT_DEATH(hkdf_expand_into(root.view(), Bytes(kHkdfInfoBytesMax + 1), longest), "assertion_failed");
}

}  // namespace
}  // namespace skerry::crypto
