#include "common/datasets/strokes_source.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "common/datasets/cut.hpp"
#include "common/datasets/handwriting.hpp"
#include "common/datasets/selection.hpp"

namespace skerry::datasets {
namespace {

constexpr std::uint64_t kWriters = 1000;
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kTestStream = 0x7e57;

struct StrokesPlan {
    std::optional<std::uint64_t> writer{};
    std::uint64_t seed = 0;
    std::uint64_t drift = kEndless;
    std::uint64_t count = kEndless;
    std::vector<std::uint32_t> digits{};  ///< not empty
};

class StrokesSource final : public SampleSource {
public:
    StrokesSource(StrokesPlan plan, std::size_t side, parameters::DataType dtype)
        : plan_(std::move(plan)), side_(side), dtype_(dtype) {}

    Result<std::optional<Sample>> next() override {
        if (given_ == plan_.count) return std::optional<Sample>();
        // Each sample has a sequence of its own, so that filters and skips do not change the others.
        Random random(Random::mixed(plan_.seed, given_));
        const std::uint32_t digit = plan_.digits[random.below(plan_.digits.size())];
        Hand hand = hand_of(plan_.writer ? *plan_.writer : random.below(kWriters));
        const bool drifted = given_ >= plan_.drift;
        if (drifted) hand.slant = -hand.slant - 0.2;
        Bytes image = drawn(digit, hand, side_, random);
        if (drifted) std::for_each(image.begin(), image.end(), [](std::byte& value) { value = ~value; });
        ++given_;
        if (dtype_ == parameters::DataType::UInt8) return Sample{std::move(image), digit};
        Sample sample{{}, digit};
        for (const std::byte value : image) {
            SKERRY_TRY(append_value(sample.input, dtype_, std::to_integer<int>(value)));
        }
        return sample;
    }

    [[nodiscard]] bool endless() const override { return plan_.count == kEndless; }

private:
    StrokesPlan plan_;
    std::size_t side_;
    parameters::DataType dtype_;
    std::uint64_t given_ = 0;
};

Result<std::uint64_t> number_in(std::string_view key, std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    return fail(ErrorCode::InvalidInput, "strokes: " + std::string(key) + " must be a whole number");
}

Result<std::vector<std::uint32_t>> digits_in(std::string_view list) {
    std::vector<std::uint32_t> digits;
    while (!list.empty()) {
        const std::uint64_t digit = SKERRY_TRY(number_in("classes", cut(list, ',')));
        if (digit > 9) return fail(ErrorCode::InvalidInput, "strokes: classes must be digits, such as 0,1,2");
        digits.push_back(static_cast<std::uint32_t>(digit));
    }
    return digits;
}

Result<StrokesPlan> plan_in(std::string_view where, const SourceOptions& options) {
    StrokesPlan plan;
    plan.seed = options.seed;
    if (options.split == Split::Test) plan.count = kStrokesTestSamples;
    where.remove_prefix(kStrokesScheme.size());
    if (where.starts_with('?')) where.remove_prefix(1);
    while (!where.empty()) {
        std::string_view value = cut(where, '&');
        const std::string_view key = cut(value, '=');
        if (key == "classes") {
            plan.digits = SKERRY_TRY(digits_in(value));
        } else if (key == "writer") {
            plan.writer = SKERRY_TRY(number_in(key, value));
        } else if (key == "seed") {
            plan.seed = SKERRY_TRY(number_in(key, value));
        } else if (key == "drift") {
            plan.drift = SKERRY_TRY(number_in(key, value));
        } else if (key == "count") {
            plan.count = SKERRY_TRY(number_in(key, value));
        } else {
            return fail(ErrorCode::InvalidInput, "strokes: does not know '" + std::string(key) +
                                                     "': it takes writer, seed, classes, drift and count");
        }
    }
    if (plan.digits.empty()) plan.digits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    if (!options.classes.empty()) {
        std::erase_if(plan.digits, [&](std::uint32_t digit) {
            return std::find(options.classes.begin(), options.classes.end(), digit) == options.classes.end();
        });
        if (plan.digits.empty()) {
            return fail(ErrorCode::InvalidInput, "strokes: none of its classes is one that was asked for");
        }
    }
    if (options.split == Split::Test) plan.seed = Random::mixed(plan.seed, kTestStream);
    return plan;
}

}  // namespace

Result<std::unique_ptr<SampleSource>> open_strokes(std::string_view where, const parameters::ModelSpec& spec,
                                                   const SourceOptions& options) {
    const std::vector<std::size_t>& shape = spec.input.shape;
    if (shape.size() != 3 || shape[0] != 1 || shape[1] != shape[2] || shape[1] < 12 || shape[1] > 128 ||
        spec.classes.size() != 10) {
        return fail(ErrorCode::InvalidInput,
                    "strokes: draws ten classes on squares of 12 to 128 pixels: the model's "
                    "input.shape must be such as [1, 28, 28]");
    }
    return std::make_unique<StrokesSource>(SKERRY_TRY(plan_in(where, options)), shape[1], spec.input.dtype);
}

}  // namespace skerry::datasets
