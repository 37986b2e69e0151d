//! Circles among arrows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Circles, the shortest first; those that share an arrow with one before them are left out, since they may be gone when that
/// one is. A circle is the places that it visits, beginning with the least.
pub(crate) fn shortest(arrows: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().insert(to);
    }
    let mut circles = BTreeSet::new();
    for (&from, targets) in &next {
        for &to in targets {
            if let Some(mut circle) = way(&next, to, from) {
                let least = circle.iter().enumerate().min_by_key(|(_, place)| **place).map_or(0, |(index, _)| index);
                circle.rotate_left(least);
                circles.insert((circle.len(), circle));
            }
        }
    }
    let mut told = BTreeSet::new();
    let mut circles: Vec<_> = circles.into_iter().map(|(_, circle)| circle).collect();
    circles.retain(|circle| {
        let arrows: Vec<_> = (0..circle.len()).map(|at| (circle[at], circle[(at + 1) % circle.len()])).collect();
        let is_new = arrows.iter().all(|arrow| !told.contains(arrow));
        told.extend(arrows.into_iter().filter(|_| is_new));
        is_new
    });
    circles
}

/// The places on the shortest way, both ends included.
fn way(next: &BTreeMap<usize, BTreeSet<usize>>, from: usize, to: usize) -> Option<Vec<usize>> {
    let mut before = BTreeMap::from([(from, from)]);
    let mut waiting = VecDeque::from([from]);
    while let Some(place) = waiting.pop_front() {
        if place == to {
            let mut way = vec![to];
            while way[way.len() - 1] != from {
                way.push(before[&way[way.len() - 1]]);
            }
            way.reverse();
            return Some(way);
        }
        for &target in next.get(&place).into_iter().flatten() {
            if let std::collections::btree_map::Entry::Vacant(entry) = before.entry(target) {
                entry.insert(place);
                waiting.push_back(target);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_in_one_direction_have_no_circle() {
        assert!(shortest([(0, 1), (0, 2), (1, 3), (2, 3)]).is_empty());
    }

    #[test]
    fn of_circles_that_share_an_arrow_the_shortest_is_told() {
        assert_eq!(shortest([(0, 1), (1, 2), (2, 0), (1, 3), (3, 4), (4, 0)]), [vec![0, 1, 2]]);
    }

    #[test]
    fn every_circle_is_found_once() {
        assert_eq!(shortest([(1, 0), (0, 1), (1, 2), (2, 3), (3, 1), (4, 0)]), [vec![0, 1], vec![1, 2, 3]]);
    }
}
