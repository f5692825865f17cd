#include "common/wire/top_values.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/wire/delta_codec.hpp"

namespace skerry::wire {
namespace {

/// By the definition.
std::vector<std::uint32_t> sorted_out(const std::vector<float>& values, std::size_t count) {
    std::vector<std::uint32_t> places(values.size());
    std::iota(places.begin(), places.end(), 0U);
    std::stable_sort(places.begin(), places.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return std::abs(values[a]) > std::abs(values[b]); });
    places.resize(count);
    std::sort(places.begin(), places.end());
    return places;
}

enum class Shape { Bell, FewSizes, Rising, Zero, OneLarge, LargeOnlyWhereNoSampleIs };

std::vector<float> drawn(Shape shape, std::size_t size) {
    Random random(size);
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) {
        switch (shape) {
            case Shape::Bell:
                values[i] = static_cast<float>(random.bell());
                break;
            case Shape::FewSizes:
                values[i] = static_cast<float>(random.below(3)) * (random.below(2) == 0 ? 1.0F : -1.0F);
                break;
            case Shape::Rising:
                values[i] = static_cast<float>(i);
                break;
            case Shape::Zero:
                break;
            case Shape::OneLarge:
                values[i] = i == size / 2 ? -1e9F : 1e-3F;
                break;
            case Shape::LargeOnlyWhereNoSampleIs:
                values[i] =
                    i % 2 == 0 ? static_cast<float>(random.uniform()) : 2 + static_cast<float>(random.uniform());
                break;
        }
    }
    return values;
}

TEST(TopValues, AreTheLargestAndOfEqualOnesTheFirstWhateverASampleSays) {
    for (const Shape shape :
         {Shape::Bell, Shape::FewSizes, Shape::Rising, Shape::Zero, Shape::OneLarge, Shape::LargeOnlyWhereNoSampleIs}) {
        for (const std::size_t size : {1UL, 15UL, 16UL, 17UL, 1000UL, 32'768UL, 100'003UL}) {
            const auto values = drawn(shape, size);
            for (const double share : {0.0, 0.0001, 0.01, 0.25}) {
                const auto count =
                    std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(size)));
                ASSERT_EQ(places_of_largest(values, count), sorted_out(values, count))
                    << count << " of " << size << ", shape " << static_cast<int>(shape);
            }
        }
    }
}

TEST(TopValues, AreReadWithoutTheZeroesAsTheyAreReadWithThem) {
    const auto delta = drawn(Shape::Bell, 5000);
    for (const bool zstd : {false, true}) {
        for (const std::size_t exact : {0UL, 7UL}) {
            const auto [form, bytes] = encode_delta(delta, exact, {DeltaEncoding::Top, 20'000, zstd});
            const SparseValues sparse = *decode_sparse(form, bytes);
            ASSERT_EQ(sparse.values.size(), exact + 100);
            std::vector<float> whole(sparse.size, 1.0F);
            sparse.read(0, whole);
            EXPECT_EQ(whole, *decode_delta(form, bytes));
            for (std::size_t first = 0; first < whole.size(); first += 333) {
                std::vector<float> part(std::min<std::size_t>(700, whole.size() - first));
                sparse.read(first, part);
                EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
            }
        }
    }
}

}  // namespace
}  // namespace skerry::wire
