#include "common/wire/token.hpp"

#include <algorithm>
#include <string>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/text.hpp"

namespace skerry::wire {

namespace {

constexpr std::string_view kPrefix = "sk1.";
constexpr std::size_t kChecksumBytes = 4;
// Base64 of the largest content; what is longer is not decoded.
constexpr std::size_t kPayloadMax = (6 + 16 + 32 + 32 + 2 + limits::kTextMax + kChecksumBytes + 2) / 3 * 4;
constexpr std::string_view kMistyped = "is mistyped: copy it again, or make another with 'skerry token create'";
constexpr std::string_view kCutOff = "is cut off: copy it whole, it is one word";

// Against slips of hand and clipboard, not against forgers: those lack the secret.
Bytes checksum(ByteView content) {
    return copy_of(ByteView(crypto::sha256(content)).first(kChecksumBytes));
}

// No message below may quote the token: it is a secret until it is used.
tl::unexpected<Error> refused(std::string_view why) {
    return fail(ErrorCode::InvalidInput, "the token " + std::string(why));
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kWhite = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kWhite);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

Result<std::string_view> payload_of(std::string_view text) {
    if (text.starts_with(kPrefix)) return text.substr(kPrefix.size());
    const std::size_t dot = text.find('.');
    const bool versioned = text.starts_with("sk") && dot != std::string_view::npos && dot > 2 && dot < 6 &&
                           std::all_of(text.begin() + 2, text.begin() + static_cast<std::ptrdiff_t>(dot),
                                       [](char digit) { return digit >= '0' && digit <= '9'; });
    if (versioned) {
        return refused("is of version " + std::string(text.substr(2, dot - 2)) +
                       ", this program reads version 1: install the release that the coordinator runs");
    }
    return refused("does not begin with 'sk1.': paste what 'skerry token create' printed");
}

Result<JoinToken> read_content(ByteView content) {
    ByteReader in(content);
    JoinToken token;
    token.id.value = in.get_array<6>();
    const ByteView secret = in.get_bytes(crypto::Secret<16>::kSize);
    token.root.value = in.get_array<32>();
    token.transport = in.get_array<32>();
    const std::size_t endpoint_bytes = in.get<std::uint16_t>();
    if (!in.ok() || in.remaining() < endpoint_bytes + kChecksumBytes) return refused(kCutOff);
    token.enrol_endpoint = std::string(text_of(in.get_bytes(endpoint_bytes)));
    const Bytes expected = checksum(content.first(content.size() - in.remaining()));
    const ByteView found = in.get_bytes(kChecksumBytes);
    if (!in.finished() || !std::equal(found.begin(), found.end(), expected.begin())) return refused(kMistyped);
    if (!token.enrol_endpoint.starts_with("tcp://") || endpoint_bytes > limits::kTextMax ||
        !is_plain_text(token.enrol_endpoint)) {
        return refused("names no endpoint of the form tcp://host:port");
    }
    token.secret = SKERRY_TRY(crypto::Secret<16>::from_bytes(secret, "the token's secret"));
    return token;
}

}  // namespace

std::string to_text(const JoinToken& token) {
    SKERRY_ASSERT(token.enrol_endpoint.size() <= limits::kTextMax);
    ByteWriter out;
    out.put(ByteView(token.id.value)).put(ByteView(token.secret.view())).put(ByteView(token.root.value));
    out.put(ByteView(token.transport)).put(static_cast<std::uint16_t>(token.enrol_endpoint.size()));
    out.put(bytes_of(token.enrol_endpoint));
    out.put(ByteView(checksum(out.bytes())));
    Bytes content = std::move(out).take();
    std::string text = std::string(kPrefix) + to_base64url(content);
    crypto::cleanse(content);
    return text;
}

Result<JoinToken> parse_token(std::string_view text) {
    const std::string_view payload = SKERRY_TRY(payload_of(trimmed(text)));
    if (payload.size() > kPayloadMax) return refused("is too long: paste only what 'skerry token create' printed");
    if (payload.size() % 4 == 1) return refused(kCutOff);  // no whole bytes end there
    auto content = from_base64url(payload);
    if (!content) return refused(kMistyped);
    auto token = read_content(*content);
    crypto::cleanse(*content);
    return token;
}

Digest secret_hash(const JoinToken& token) {
    return crypto::sha256(token.secret.view());
}

}  // namespace skerry::wire
