//! Points on the earth and their distances.

use geo::{Distance, Haversine};

/// Metres in an international mile.
const MILE: f64 = 1_609.344;

/// A point on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point(geo::Point);

impl Point {
    /// From degrees north and east; `None` if out of range.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let exists = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        exists.then(|| Self(geo::Point::new(longitude, latitude)))
    }

    /// Degrees north.
    pub fn latitude(self) -> f64 {
        self.0.y()
    }

    /// Degrees east.
    pub fn longitude(self) -> f64 {
        self.0.x()
    }

    /// Great-circle distance to another point in miles, on a globe of the earth's mean radius.
    pub fn miles_to(self, other: Self) -> f64 {
        Haversine.distance(self.0, other.0) / MILE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_great_circle() {
        let places = [
            // San Diego's airport to that of Los Angeles.
            ((32.7336, -117.1897), (33.9425, -118.4081), 109.0),
            // New York to London, as aeroplanes fly.
            ((40.7128, -74.0060), (51.5074, -0.1278), 3_461.0),
            // A quarter of the globe, over the date line.
            ((0.0, 179.0), (0.0, -91.0), 6_218.6),
        ];
        for ((north, east), (other_north, other_east), miles) in places {
            let [here, there] = [(north, east), (other_north, other_east)]
                .map(|(north, east)| Point::new(north, east).unwrap());
            let measured = here.miles_to(there);
            assert!((measured - miles).abs() < 1.0, "{measured} for {miles}");
            assert!((there.miles_to(here) - measured).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_not_on_the_earth_is_no_point() {
        for (north, east) in [(91.0, 0.0), (-90.1, 0.0), (0.0, 180.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)]
        {
            assert_eq!(Point::new(north, east), None, "{north} {east}");
        }
        assert!(Point::new(-90.0, 180.0).is_some());
    }
}
