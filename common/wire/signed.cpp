#include "common/wire/signed.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::wire {

namespace {

/// One layout for writing and reading: fields() names the members in the order in which they lie in the body.
template <class Record>
struct Layout;

template <>
struct Layout<KeySet> {
    static constexpr std::string_view kDomain = "skerry/keys/1", kMagic = "SKK1", kName = "key set";
    static auto fields(auto& r) { return std::tie(r.federation, r.serial, r.signing, r.seal, r.transport); }
    static bool sound(const KeySet&) { return true; }
};

template <>
struct Layout<Certificate> {
    static constexpr std::string_view kDomain = "skerry/certificate/1", kMagic = "SKC1", kName = "certificate";
    static auto fields(auto& r) {
        return std::tie(r.federation, r.node, r.identity, r.transport, r.tier, r.not_before, r.not_after);
    }
    static bool sound(const Certificate&) { return true; }
};

template <>
struct Layout<Lease> {
    static constexpr std::string_view kDomain = "skerry/lease/1", kMagic = "SKL1", kName = "lease";
    static auto fields(auto& r) {
        return std::tie(r.federation, r.id, r.node, r.model, r.base, r.tier, r.examples_max, r.sealed_bytes_max,
                        r.norm_max, r.expires);
    }
    static bool sound(const Lease& lease) { return std::isfinite(lease.norm_max) && lease.norm_max >= 0; }
};

template <>
struct Layout<ReceiptBody> {
    static constexpr std::string_view kDomain = "skerry/receipt/1", kMagic = "SKR1", kName = "receipt";
    static auto fields(auto& r) {
        return std::tie(r.federation, r.update.node, r.update.sequence, r.lease, r.content, r.weight, r.accepted);
    }
    static bool sound(const ReceiptBody&) { return true; }
};

template <>
struct Layout<Manifest> {
    static constexpr std::string_view kDomain = "skerry/manifest/1", kMagic = "SKM1", kName = "manifest";
    static auto fields(auto& r) {
        return std::tie(r.federation, r.version, r.parent, r.round, r.model, r.values, r.digests, r.updates, r.sum,
                        r.contributors, r.published);
    }
    // Each tier is a prefix of the next; who allocates by these numbers may rely on it.
    static bool sound(const Manifest& manifest) {
        return std::is_sorted(manifest.values.begin(), manifest.values.end()) &&
               manifest.values.back() <= limits::kParametersMax;
    }
};

template <>
struct Layout<EncodedWeights> {
    static constexpr std::string_view kDomain = "skerry/encoding/1", kMagic = "SKE1", kName = "encoding of a version";
    static auto fields(auto& r) {
        return std::tie(r.federation, r.version, r.weights, r.encoding, r.bytes, r.digests, r.errors);
    }
    // Float32 has no record: the manifest is its own.
    static bool sound(const EncodedWeights& record) {
        return record.encoding != WeightEncoding::Float32 && record.bytes.front() > 0 &&
               std::is_sorted(record.bytes.begin(), record.bytes.end()) &&
               record.bytes.back() <= limits::kParametersMax * sizeof(float) &&
               std::all_of(record.errors.begin(), record.errors.end(),
                           [](float error) { return std::isfinite(error) && error >= 0; });
    }
};

template <>
struct Layout<EncodedDifference> {
    static constexpr std::string_view kDomain = "skerry/difference/1", kMagic = "SKD2",
                                      kName = "difference of two versions";
    static auto fields(auto& r) {
        return std::tie(r.federation, r.version, r.weights, r.encoding, r.base, r.base_weights, r.bytes, r.digests,
                        r.values);
    }
    static bool sound(const EncodedDifference& record) {
        return record.base < record.version && record.bytes.front() > 0 &&
               std::is_sorted(record.bytes.begin(), record.bytes.end()) &&
               record.bytes.back() <= limits::kParametersMax * sizeof(float);
    }
};

struct FieldWriter {
    ByteWriter out;

    template <class Field>
    void operator()(const Field& field) {
        if constexpr (std::is_arithmetic_v<Field>) {
            out.put(field);
        } else if constexpr (std::is_enum_v<Field>) {
            out.put(static_cast<std::uint8_t>(field));
        } else if constexpr (std::is_same_v<Field, TimePoint>) {
            out.put(std::int64_t{field.time_since_epoch().count()});
        } else if constexpr (requires { field.value; }) {
            (*this)(field.value);
        } else {
            for (const auto& element : field)
                (*this)(element);
        }
    }
    template <std::size_t N>
    void operator()(const ByteArray<N>& field) {
        out.put(ByteView(field));
    }
};

struct FieldReader {
    ByteReader in;
    bool in_range = true;

    template <class Field>
    void operator()(Field& field) {
        if constexpr (std::is_arithmetic_v<Field>) {
            field = in.get<Field>();
        } else if constexpr (std::is_same_v<Field, Tier>) {
            const auto number = in.get<std::uint8_t>();
            in_range = in_range && number < kTiers;
            field = static_cast<Tier>(number);
        } else if constexpr (std::is_same_v<Field, WeightEncoding>) {
            const auto number = in.get<std::uint8_t>();
            in_range = in_range && number < kWeightEncodings;
            field = static_cast<WeightEncoding>(number);
        } else if constexpr (std::is_same_v<Field, TimePoint>) {
            field = TimePoint(std::chrono::milliseconds(in.get<std::int64_t>()));
            in_range = in_range && kTimeMin <= field && field <= kTimeMax;
        } else if constexpr (requires { field.value; }) {
            (*this)(field.value);
        } else {
            for (auto& element : field)
                (*this)(element);
        }
    }
    template <std::size_t N>
    void operator()(ByteArray<N>& field) {
        field = in.get_array<N>();
    }
};

/// What is signed: the domain keeps a signature over one kind of record from serving as one over another.
Bytes signed_message(std::string_view domain, ByteView body) {
    ByteWriter message;
    message.put(bytes_of(domain)).put(ByteView(crypto::sha256(body)));
    return std::move(message).take();
}

template <class Record>
SignedBytes sign_record(const Record& record, const crypto::SigningKey& key) {
    FieldWriter write;
    write.out.put(bytes_of(Layout<Record>::kMagic));
    std::apply([&write](const auto&... field) { (write(field), ...); }, Layout<Record>::fields(record));
    SignedBytes bytes;
    bytes.body = std::move(write.out).take();
    bytes.signature = key.sign(signed_message(Layout<Record>::kDomain, bytes.body));
    return bytes;
}

template <class Record>
Result<Record> open_record(const SignedBytes& bytes, const crypto::VerifyKey& key) {
    const std::string name(Layout<Record>::kName);
    if (auto verified = crypto::verify(key, signed_message(Layout<Record>::kDomain, bytes.body), bytes.signature);
        !verified) {
        return tl::unexpected(std::move(verified).error().within("checking the signature of the " + name));
    }
    Record record;
    FieldReader read{ByteReader(bytes.body)};
    const bool right_magic = text_of(read.in.get_bytes(Layout<Record>::kMagic.size())) == Layout<Record>::kMagic;
    std::apply([&read](auto&... field) { (read(field), ...); }, Layout<Record>::fields(record));
    if (!right_magic || !read.in.finished() || !read.in_range || !Layout<Record>::sound(record)) {
        return fail(ErrorCode::InvalidInput, "the " + name + " is signed, but its " +
                                                 std::to_string(bytes.body.size()) + " bytes are no " + name +
                                                 " that this version can read");
    }
    return record;
}

ByteArray<16> first_half(const Digest& digest) {
    ByteArray<16> half;
    std::copy_n(digest.begin(), half.size(), half.begin());
    return half;
}

}  // namespace

FederationId federation_of(const crypto::VerifyKey& root) {
    return {first_half(crypto::sha256(root.value))};
}

NodeId node_of(const crypto::VerifyKey& identity) {
    return {first_half(crypto::sha256(identity.value))};
}

SignedBytes sign(const KeySet& record, const crypto::SigningKey& root) {
    return sign_record(record, root);
}
SignedBytes sign(const Certificate& record, const crypto::SigningKey& root) {
    return sign_record(record, root);
}
SignedBytes sign(const Lease& record, const crypto::SigningKey& signing) {
    return sign_record(record, signing);
}
SignedBytes sign(const ReceiptBody& record, const crypto::SigningKey& signing) {
    return sign_record(record, signing);
}
SignedBytes sign(const Manifest& record, const crypto::SigningKey& signing) {
    return sign_record(record, signing);
}
SignedBytes sign(const EncodedWeights& record, const crypto::SigningKey& signing) {
    return sign_record(record, signing);
}
SignedBytes sign(const EncodedDifference& record, const crypto::SigningKey& signing) {
    return sign_record(record, signing);
}

Result<KeySet> open_keys(const SignedBytes& bytes, const crypto::VerifyKey& root) {
    return open_record<KeySet>(bytes, root);
}
Result<Certificate> open_certificate(const SignedBytes& bytes, const crypto::VerifyKey& root) {
    return open_record<Certificate>(bytes, root);
}
Result<Lease> open_lease(const SignedBytes& bytes, const crypto::VerifyKey& signing) {
    return open_record<Lease>(bytes, signing);
}
Result<ReceiptBody> open_receipt(const SignedBytes& bytes, const crypto::VerifyKey& signing) {
    return open_record<ReceiptBody>(bytes, signing);
}
Result<Manifest> open_manifest(const SignedBytes& bytes, const crypto::VerifyKey& signing) {
    return open_record<Manifest>(bytes, signing);
}
Result<EncodedWeights> open_encoded(const SignedBytes& bytes, const crypto::VerifyKey& signing) {
    return open_record<EncodedWeights>(bytes, signing);
}
Result<EncodedDifference> open_difference(const SignedBytes& bytes, const crypto::VerifyKey& signing) {
    return open_record<EncodedDifference>(bytes, signing);
}

}  // namespace skerry::wire
