#include "common/http/content_coding.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <zlib.h>

#include "common/base/error.hpp"

namespace skerry::http {
namespace {

constexpr std::size_t kGrowFrom = 16 * 1024;
constexpr std::size_t kEncodeFrom = 1024;
constexpr int kWindowBits = 15;
constexpr int kGzip = 16;  // added to the window's bits: zlib.h, inflateInit2

int window_bits(Coding coding) {
    return coding == Coding::Gzip ? kWindowBits + kGzip : kWindowBits;
}

/// zlib only reads the input, but its struct is older than const.
Bytef* bytes_in(std::string_view text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}
Bytef* bytes_at(std::string& text, std::size_t offset) {
    return reinterpret_cast<Bytef*>(text.data() + offset);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<Coding> coding_named(std::string_view name) {
    std::string lower(trimmed(name));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (lower.empty() || lower == "identity") return Coding::Identity;
    if (lower == "gzip" || lower == "x-gzip") return Coding::Gzip;
    if (lower == "deflate") return Coding::Deflate;
    return std::nullopt;
}

/// ";q=0.5" → 0.5; without one 1.
double weight_in(std::string_view parameters) {
    const auto q = parameters.find("q=");
    if (q == std::string_view::npos) return 1;
    const std::string_view digits = parameters.substr(q + 2);
    double weight = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), weight);
    return weight;
}

class Inflater {
public:
    explicit Inflater(Coding coding) { SKERRY_ASSERT(inflateInit2(&stream_, window_bits(coding)) == Z_OK); }
    ~Inflater() { inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    enum class Outcome { Whole, TooLong, Damaged };
    /// `content` never grows beyond `bytes_max` and one: that one tells that there is more.
    Outcome read(std::string_view packed, std::string& content, std::size_t bytes_max) {
        stream_.next_in = bytes_in(packed);
        stream_.avail_in = static_cast<uInt>(packed.size());
        std::size_t written = 0;
        for (int state = Z_OK; state == Z_OK;) {
            if (written > bytes_max) return Outcome::TooLong;
            content.resize(std::min(bytes_max + 1, std::max(kGrowFrom, 2 * written)));
            stream_.next_out = bytes_at(content, written);
            stream_.avail_out = static_cast<uInt>(content.size() - written);
            state = inflate(&stream_, Z_NO_FLUSH);
            written = content.size() - stream_.avail_out;
            if (state == Z_STREAM_END && stream_.avail_in == 0) {
                content.resize(written);
                return written > bytes_max ? Outcome::TooLong : Outcome::Whole;
            }
        }
        return Outcome::Damaged;  // cut off, wrong, or with something behind its end
    }

private:
    z_stream stream_{};
};

std::string deflated(std::string_view content, Coding coding) {
    z_stream stream{};
    constexpr int kMemoryLevel = 8;
    SKERRY_ASSERT(
        deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits(coding), kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed;
    packed.resize(deflateBound(&stream, static_cast<uLong>(content.size())));
    stream.next_in = bytes_in(content);
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = bytes_at(packed, 0);
    stream.avail_out = static_cast<uInt>(packed.size());
    SKERRY_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);  // the bound leaves room for all
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace

Coding accepted_coding(std::string_view accept_encoding) {
    double gzip = 0;
    double deflate = 0;
    while (!accept_encoding.empty()) {
        const auto end = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view entry = accept_encoding.substr(0, end);
        accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
        const auto parameters = std::min(entry.find(';'), entry.size());
        const auto coding = coding_named(entry.substr(0, parameters));
        if (coding == Coding::Gzip) gzip = weight_in(entry.substr(parameters));
        if (coding == Coding::Deflate) deflate = weight_in(entry.substr(parameters));
    }
    if (gzip <= 0 && deflate <= 0) return Coding::Identity;
    return gzip >= deflate ? Coding::Gzip : Coding::Deflate;
}

std::optional<Response> decode_body(Request& request, std::size_t content_bytes_max) {
    const std::string_view named = request.header("Content-Encoding");
    if (named.empty()) return std::nullopt;
    const std::optional<Coding> coding = coding_named(named);
    if (!coding) {
        return error_response(415, "of the content codings only gzip and deflate are understood here",
                              {{"Accept-Encoding", "gzip, deflate"}});
    }
    if (*coding != Coding::Identity) {
        std::string content;
        const auto outcome = Inflater(*coding).read(request.body, content, content_bytes_max);
        if (outcome == Inflater::Outcome::TooLong) {
            return error_response(413, "the request's body is longer than " + std::to_string(content_bytes_max) +
                                           " bytes once it is decompressed: split it into several requests");
        }
        if (outcome == Inflater::Outcome::Damaged) {
            return error_response(400, *coding == Coding::Gzip
                                           ? "the body is not what its Content-Encoding says: gzip, RFC 1952, whole"
                                           : "the body is not what its Content-Encoding says: deflate, which is zlib's "
                                             "format of RFC 1950, whole");
        }
        request.body = std::move(content);
    }
    return std::nullopt;
}

void encode_body(Response& response, Coding coding) {
    if (coding == Coding::Identity || response.body.size() < kEncodeFrom) return;
    if (!response.header("Content-Encoding").empty() || response.header("Cache-Control") == "no-transform") return;
    std::string packed = deflated(response.body, coding);
    if (packed.size() >= response.body.size()) return;
    response.body = std::move(packed);
    response.headers.emplace_back("Content-Encoding", coding == Coding::Gzip ? "gzip" : "deflate");
    response.headers.emplace_back("Vary", "Accept-Encoding");
}

}  // namespace skerry::http
