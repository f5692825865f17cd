#include "common/wire/signed.hpp"

#include <limits>
#include <string_view>

#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "tests/unit/wire/golden.hpp"

namespace skerry::wire {
namespace {

using golden::filled;

const crypto::SigningKey& signer() {
    static const crypto::SigningKey key = crypto::SigningKey::from_seed(filled<32>(7)).value();
    return key;
}
const TimePoint kTime{std::chrono::milliseconds{1'772'366'400'250}};
const FederationId kFederation{filled<16>(0x11)};
const NodeId kNode{filled<16>(0x22)};

KeySet keys() {
    return {kFederation, 3, {filled<32>(0x33)}, {filled<32>(0x44)}, filled<32>(0x55)};
}
Certificate certificate() {
    return {kFederation, kNode, {filled<32>(0x66)}, filled<32>(0x77), Tier::Medium, kTime, kTimeMax};
}
Lease lease() {
    return {
        kFederation, {filled<16>(0x88)}, kNode, filled<32>(0x99), ModelVersion{41}, Tier::Heavy, 1000, 5'000'000, 2.5F,
        kTime};
}
ReceiptBody receipt() {
    return {kFederation, {kNode, Sequence{9}}, {filled<16>(0x88)}, filled<32>(0xAA), 6400, kTime};
}
Manifest manifest() {
    return {kFederation,
            ModelVersion{42},
            ModelVersion{41},
            RoundId{7},
            filled<32>(0x99),
            {10, 20, 30},
            {filled<32>(0xB0), filled<32>(0xB1), filled<32>(0xB2)},
            5,
            filled<32>(0xC0),
            filled<32>(0xC1),
            kTime};
}

EncodedWeights encoded() {
    return {kFederation,
            ModelVersion{42},
            filled<32>(0xB2),
            WeightEncoding::Float8,
            {12, 22, 32},
            {filled<32>(0xA0), filled<32>(0xA1), filled<32>(0xA2)},
            {0.03125F, 0.03125F, 0.0625F}};
}

EncodedDifference difference() {
    return {kFederation,
            ModelVersion{42},
            filled<32>(0xB2),
            WeightEncoding::Float8,
            ModelVersion{41},
            filled<32>(0xD0),
            {9, 19, 29},
            {filled<32>(0xA3), filled<32>(0xA4), filled<32>(0xA5)},
            {filled<32>(0xA6), filled<32>(0xA7), filled<32>(0xA8)}};
}

/// One kind of record: what is signed is golden, comes back equal, and nothing else opens.
template <class Record>
void expect_canonical(const Record& record, Result<Record> (*open)(const SignedBytes&, const crypto::VerifyKey&),
                      std::string_view body, std::string_view signature) {
    const SignedBytes bytes = sign(record, signer());
    EXPECT_EQ(to_hex(bytes.body), body);
    EXPECT_EQ(to_hex(bytes.signature), signature);
    const auto opened = open(bytes, signer().verify_key());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*opened, record);

    for (std::size_t i = 0; i < bytes.body.size(); ++i) {
        SignedBytes altered = bytes;
        altered.body[i] ^= std::byte{1};
        EXPECT_EQ(open(altered, signer().verify_key()).error().code, ErrorCode::PermissionDenied) << "byte " << i;
    }
    const crypto::SigningKey other = crypto::SigningKey::generate();
    EXPECT_EQ(open(bytes, other.verify_key()).error().code, ErrorCode::PermissionDenied);
    EXPECT_EQ(open({}, signer().verify_key()).error().code, ErrorCode::PermissionDenied);
}

TEST(Signed, KeySetsAreTheGoldenBytes) {
    expect_canonical(keys(), &open_keys, golden::kKeysBody, golden::kKeysSignature);
}
TEST(Signed, CertificatesAreTheGoldenBytes) {
    expect_canonical(certificate(), &open_certificate, golden::kCertificateBody, golden::kCertificateSignature);
}
TEST(Signed, LeasesAreTheGoldenBytes) {
    expect_canonical(lease(), &open_lease, golden::kLeaseBody, golden::kLeaseSignature);
}
TEST(Signed, ReceiptsAreTheGoldenBytes) {
    expect_canonical(receipt(), &open_receipt, golden::kReceiptBody, golden::kReceiptSignature);
}
TEST(Signed, ManifestsAreTheGoldenBytes) {
    expect_canonical(manifest(), &open_manifest, golden::kManifestBody, golden::kManifestSignature);
}

TEST(Signed, EncodingsOfAVersionAreTheGoldenBytes) {
    expect_canonical(encoded(), &open_encoded, golden::kEncodedBody, golden::kEncodedSignature);
}

TEST(Signed, DifferencesOfVersionsAreTheGoldenBytes) {
    expect_canonical(difference(), &open_difference, golden::kDifferenceBody, golden::kDifferenceSignature);
}

TEST(Signed, RefusesADifferenceOfNoUse) {
    const auto refused = [](const EncodedDifference& record) {
        const auto opened = open_difference(sign(record, signer()), signer().verify_key());
        return !opened && opened.error().code == ErrorCode::InvalidInput;
    };
    EncodedDifference record = difference();
    record.base = record.version;
    EXPECT_TRUE(refused(record)) << "to itself";
    record = difference();
    record.bytes = {0, 19, 29};
    EXPECT_TRUE(refused(record));
    record.bytes = {9, 30, 29};
    EXPECT_TRUE(refused(record)) << "a lighter tier's are a prefix";
    record.bytes = {9, 19, limits::kParametersMax * sizeof(float) + 1};
    EXPECT_TRUE(refused(record));
}

/// Signs any bytes as a lease would be signed.
SignedBytes signed_as_lease(Bytes body) {
    ByteWriter message;
    message.put(bytes_of("skerry/lease/1")).put(ByteView(crypto::sha256(body)));
    const auto signature = signer().sign(message.bytes());
    return {std::move(body), signature};
}
ErrorCode refusal_of_lease_body(Bytes body) {
    const auto opened = open_lease(signed_as_lease(std::move(body)), signer().verify_key());
    return opened ? ErrorCode::Internal : opened.error().code;
}

TEST(Signed, RefusesSignedBytesThatAreNoSuchRecord) {
    const Bytes body = sign(lease(), signer()).body;
    ASSERT_TRUE(open_lease(signed_as_lease(body), signer().verify_key()));
    for (std::size_t size = 0; size < body.size(); ++size) {
        EXPECT_EQ(refusal_of_lease_body({body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)}),
                  ErrorCode::InvalidInput);
    }
    Bytes longer = body;
    longer.push_back(std::byte{0});
    EXPECT_EQ(refusal_of_lease_body(longer), ErrorCode::InvalidInput);
    Bytes renamed = body;
    renamed[2] = std::byte{'X'};
    EXPECT_EQ(refusal_of_lease_body(renamed), ErrorCode::InvalidInput);
}

TEST(Signed, ASignatureOverOneKindIsNoneOverAnother) {
    // The same body under another domain: only the domain can make the difference.
    const SignedBytes bytes = sign(lease(), signer());
    EXPECT_EQ(open_receipt(bytes, signer().verify_key()).error().code, ErrorCode::PermissionDenied);
    EXPECT_EQ(open_manifest(bytes, signer().verify_key()).error().code, ErrorCode::PermissionDenied);
}

TEST(Signed, RefusesNumbersThatTheirReadersCouldNotBear) {
    const crypto::VerifyKey key = signer().verify_key();
    Lease bad_lease = lease();
    bad_lease.norm_max = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(open_lease(sign(bad_lease, signer()), key).error().code, ErrorCode::InvalidInput);
    bad_lease = lease();
    bad_lease.tier = static_cast<Tier>(3);
    EXPECT_EQ(open_lease(sign(bad_lease, signer()), key).error().code, ErrorCode::InvalidInput);
    for (const TimePoint time : {TimePoint::min(), TimePoint::max(), kTimeMax + std::chrono::milliseconds(1)}) {
        bad_lease = lease();
        bad_lease.expires = time;
        EXPECT_EQ(open_lease(sign(bad_lease, signer()), key).error().code, ErrorCode::InvalidInput);
    }
    Manifest bad_manifest = manifest();
    bad_manifest.values = {20, 10, 30};
    EXPECT_EQ(open_manifest(sign(bad_manifest, signer()), key).error().code, ErrorCode::InvalidInput);
    bad_manifest.values = {10, 20, limits::kParametersMax + 1};
    EXPECT_EQ(open_manifest(sign(bad_manifest, signer()), key).error().code, ErrorCode::InvalidInput);
}

TEST(Signed, RefusesAnEncodingThatNobodyKnowsOrWhoseNumbersAreNone) {
    const auto refused = [](auto change) {
        EncodedWeights record = encoded();
        change(record);
        const auto opened = open_encoded(sign(record, signer()), signer().verify_key());
        return !opened && opened.error().code == ErrorCode::InvalidInput;
    };
    EXPECT_FALSE(refused([](EncodedWeights&) {}));
    EXPECT_TRUE(refused([](EncodedWeights& record) { record.encoding = static_cast<WeightEncoding>(4); }));
    EXPECT_TRUE(refused([](EncodedWeights& record) { record.encoding = WeightEncoding::Float32; }));
    EXPECT_TRUE(refused([](EncodedWeights& record) { record.bytes = {22, 12, 32}; }));
    EXPECT_TRUE(refused([](EncodedWeights& record) { record.bytes = {0, 12, 32}; }));
    EXPECT_TRUE(refused([](EncodedWeights& record) { record.bytes[2] = 4 * limits::kParametersMax + 1; }));
    for (const float error : {-0.5F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        EXPECT_TRUE(refused([error](EncodedWeights& record) { record.errors[1] = error; })) << error;
}

TEST(Signed, NamesFederationsAndNodesByTheirKeys) {
    EXPECT_EQ(to_hex(federation_of(signer().verify_key()).value),
              to_hex(crypto::sha256(signer().verify_key().value)).substr(0, 32));
    EXPECT_EQ(node_of(signer().verify_key()).to_text(), federation_of(signer().verify_key()).to_text());
}

}  // namespace
}  // namespace skerry::wire
