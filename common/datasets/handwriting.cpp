#include "common/datasets/handwriting.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace skerry::datasets {
namespace {

constexpr std::uint64_t kPopulation = 0x5ca1ab1e;  // the seed that all writers' hands come from
constexpr std::size_t kStepsPerArc = 5;            // of a curve between two of its points

/// The pen's path: pairs of points.
using Path = std::vector<std::array<Point, 2>>;

/// A point on the Catmull-Rom curve from b to c with neighbours a and d, at t in 0 … 1.
Point on_curve(Point a, Point b, Point c, Point d, double t) {
    const auto at = [t](double p, double q, double r, double s) {
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t * t * t);
    };
    return {at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)};
}

void add_curve(const Stroke& stroke, Path& path) {
    const std::size_t last = stroke.size() - 1;
    Point from = stroke[0];
    for (std::size_t i = 0; i < last; ++i) {
        for (std::size_t step = 1; step <= kStepsPerArc; ++step) {
            const double t = static_cast<double>(step) / static_cast<double>(kStepsPerArc);
            const Point to =
                on_curve(stroke[i == 0 ? 0 : i - 1], stroke[i], stroke[i + 1], stroke[std::min(i + 2, last)], t);
            path.push_back({from, to});
            from = to;
        }
    }
}

double squared_distance(Point p, const std::array<Point, 2>& line) {
    const double dx = line[1].x - line[0].x;
    const double dy = line[1].y - line[0].y;
    const double length = dx * dx + dy * dy;
    const double along = length > 0 ? ((p.x - line[0].x) * dx + (p.y - line[0].y) * dy) / length : 0;
    const double t = std::clamp(along, 0.0, 1.0);
    const double x = p.x - (line[0].x + t * dx);
    const double y = p.y - (line[0].y + t * dy);
    return x * x + y * y;
}

/// Glyph coordinates → pixels, for one sample.
struct Placement {
    double slant, cosine, sine, width, height, x, y;

    [[nodiscard]] Point operator()(Point p) const {
        const double u = (p.x - 0.5 - slant * (p.y - 0.5)) * width;
        const double v = (p.y - 0.5) * height;
        return {x + u * cosine - v * sine, y + u * sine + v * cosine};
    }
};

}  // namespace

Hand hand_of(std::uint64_t number) {
    Random random(Random::mixed(kPopulation, number));
    Hand hand;
    for (std::size_t digit = 0; digit < 10; ++digit)
        hand.glyph[digit] = random.below(glyphs_of(digit).size());
    hand.slant = random.uniform(-0.25, 0.45);
    hand.turn = random.uniform(-0.07, 0.07);
    hand.thickness = random.uniform(0.05, 0.13);
    hand.size = random.uniform(0.60, 0.82);
    hand.ratio = random.uniform(0.55, 0.95);
    hand.shake = random.uniform(0.015, 0.04);
    hand.habit = random.next();
    return hand;
}

Bytes drawn(std::size_t digit, const Hand& hand, std::size_t side, Random& random) {
    const auto variants = glyphs_of(digit);
    // Nobody writes the same shape every time.
    const std::size_t variant = random.below(8) == 0 ? random.below(variants.size()) : hand.glyph[digit];
    Random habit(Random::mixed(hand.habit, digit));
    Glyph glyph = variants[variant];
    for (Stroke& stroke : glyph) {
        for (Point& point : stroke) {
            point.x += 0.025 * habit.bell() + hand.shake * random.bell();
            point.y += 0.025 * habit.bell() + hand.shake * random.bell();
        }
    }

    const auto pixels = static_cast<double>(side);
    const double height = pixels * std::clamp(hand.size + 0.05 * random.bell(), 0.45, 0.9);
    const double half_turn = hand.turn + 0.04 * random.bell();
    const double norm = 1 + half_turn * half_turn;
    const Placement place{hand.slant + 0.08 * random.bell(),
                          (1 - half_turn * half_turn) / norm,
                          2 * half_turn / norm,
                          height * std::clamp(hand.ratio + 0.06 * random.bell(), 0.4, 1.1),
                          height,
                          pixels / 2 + 0.04 * pixels * random.bell(),
                          pixels / 2 + 0.04 * pixels * random.bell()};
    Path path;
    for (const Stroke& stroke : glyph)
        add_curve(stroke, path);
    for (std::array<Point, 2>& line : path)
        line = {place(line[0]), place(line[1])};

    const double radius = std::max(0.5 * height * hand.thickness * random.uniform(0.8, 1.25), 0.45);
    const double ink = random.uniform(170, 255);
    const double grain = random.uniform(0, 14);
    Bytes image(side * side);
    for (std::size_t i = 0; i < image.size(); ++i) {
        const std::size_t row = i / side;
        const Point centre{static_cast<double>(i % side) + 0.5, static_cast<double>(row) + 0.5};
        double nearest = pixels * pixels;
        for (const std::array<Point, 2>& line : path)
            nearest = std::min(nearest, squared_distance(centre, line));
        // The edge falls off over one pixel: cheap anti-aliasing.
        const double covered = std::clamp(radius + 0.5 - std::sqrt(nearest), 0.0, 1.0);
        const double value = covered * ink + grain * random.bell();
        image[i] = static_cast<std::byte>(static_cast<int>(std::clamp(value, 0.0, 255.0)));
    }
    return image;
}

}  // namespace skerry::datasets
