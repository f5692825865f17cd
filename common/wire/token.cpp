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
constexpr std::size_t kFixedBytes = 6 + 16 + 32 + 32 + 2;  // before the endpoint, its length included
constexpr std::string_view kMistyped = "is mistyped: copy it again, or make another with 'skerry token create'";
constexpr std::string_view kCutOff = "is cut off: copy it whole, it is one word";

// Against slips of hand and clipboard, not against forgers: those lack the secret.
Bytes checksum(ByteView content) {
    return copy_of(ByteView(crypto::sha256(content)).first(kChecksumBytes));
}

// No message below may quote the token: it is a secret until it is used.
tl::unexpected<Error> refused_token(std::string_view why) {
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
        return refused_token("is of version " + std::string(text.substr(2, dot - 2)) +
                             ", this program reads version 1: install the release that the coordinator runs");
    }
    return refused_token("does not begin with 'sk1.': paste what 'skerry token create' printed");
}

/// How long the whole token's payload is, as its beginning says: so that a token that was cut off is told from one
/// that was mistyped, which its checksum finds.
Result<std::size_t> payload_characters(std::string_view payload) {
    constexpr std::size_t kHeadCharacters = (kFixedBytes + 2) / 3 * 4;
    if (payload.size() < kHeadCharacters) return refused_token(kCutOff);
    auto head = from_base64url(payload.substr(0, kHeadCharacters));
    if (!head) return refused_token(kMistyped);
    ByteReader length(ByteView(*head).subspan(kFixedBytes - 2));
    const std::size_t bytes = kFixedBytes + length.get<std::uint16_t>() + kChecksumBytes;
    crypto::cleanse(*head);
    return (bytes * 4 + 2) / 3;
}

Result<JoinToken> read_content(ByteView content) {
    const ByteView found = content.last(kChecksumBytes);
    const Bytes expected = checksum(content.first(content.size() - kChecksumBytes));
    if (!std::equal(found.begin(), found.end(), expected.begin())) return refused_token(kMistyped);
    ByteReader in(content.first(content.size() - kChecksumBytes));
    JoinToken token;
    token.id.value = in.get_array<6>();
    token.secret = SKERRY_TRY(crypto::Secret<16>::from_bytes(in.get_bytes(16), "the token's secret"));
    token.root.value = in.get_array<32>();
    token.transport = in.get_array<32>();
    token.enrol_endpoint = std::string(text_of(in.get_bytes(in.get<std::uint16_t>())));
    if (!in.finished() || !token.enrol_endpoint.starts_with("tcp://") ||
        token.enrol_endpoint.size() > limits::kTextMax || !is_plain_text(token.enrol_endpoint)) {
        return refused_token("names no endpoint of the form tcp://host:port");
    }
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
    const std::size_t characters = SKERRY_TRY(payload_characters(payload));
    if (payload.size() < characters) return refused_token(kCutOff);
    if (payload.size() > characters)
        return refused_token("has more after its end: paste only what 'skerry token create' printed");
    auto content = from_base64url(payload);
    if (!content) return refused_token(kMistyped);
    auto token = read_content(*content);
    crypto::cleanse(*content);
    return token;
}

Digest secret_hash(const JoinToken& token) {
    return crypto::sha256(token.secret.view());
}

}  // namespace skerry::wire
