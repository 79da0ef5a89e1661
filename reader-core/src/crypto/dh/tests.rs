//! The groups, the worked examples, and agreement with the simulator's independent arithmetic.

use test_vectors::{
    num::BigUint,
    vector::{self, Vector},
};

use super::*;

fn big(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_be(bytes)
}

/// p, g and q.
fn numbers(group: DhGroup) -> [BigUint; 3] {
    fn run<const L: usize>(numbers: &Numbers<L>) -> [BigUint; 3] {
        [big(&to_bytes(numbers.p.as_ref())), big(&to_bytes(&numbers.g)), big(&to_bytes(&numbers.q))]
    }
    for_group!(group, run())
}

fn key(generator: &Generator, number: &BigUint) -> PrivateKey {
    PrivateKey::from_bytes(generator, &number.to_bytes_be()).unwrap()
}

#[test]
fn the_groups_are_what_their_names_say() {
    let one = BigUint::from(1_u8);
    for group in DhGroup::ALL {
        let [p, g, q] = numbers(group);
        assert_eq!(p.bits(), group.modulus_bits() as u64, "{group}");
        assert_eq!(q.bits(), group.order_bits() as u64, "{group}");
        assert_eq!((&p - &one) % &q, BigUint::from(0_u8), "{group}");
        assert_eq!(g.modpow(&q, &p), one, "{group}");
        assert_ne!(g, one, "{group}");
        for prime in [&p, &q] {
            assert_eq!(BigUint::from(2_u8).modpow(&(prime - &one), prime), one, "{group}");
        }
    }
    assert_eq!(DhGroup::from_standardized_id(3), None);
    for name in ["pace/dh_gm", "pace/dh_im"] {
        let example = vector::load(name);
        let group = DhGroup::from_standardized_id(u8::try_from(example.number("parameter_id")).unwrap());
        assert_eq!(numbers(group.unwrap()), ["p", "g", "q"].map(|field| big(&example.hex(field))));
    }
}

#[test]
fn elements_outside_the_subgroup_are_refused() {
    for group in DhGroup::ALL {
        let [p, g, q] = numbers(group);
        let decode = |number: &BigUint| Element::decode(group, &number.to_bytes_be());
        let one = BigUint::from(1_u8);
        for number in [BigUint::from(0_u8), one.clone(), p.clone()] {
            assert_eq!(decode(&number), Err(DhError::OutOfRange(group)));
        }
        let larger = &p + 1_u8;
        assert!(decode(&larger).is_err());
        // Of order two, of order 2q, and of an order that 2 happens to have.
        let minus_one = &p - 1_u8;
        for number in [minus_one.clone(), &p - &g, BigUint::from(2_u8)] {
            assert_eq!(decode(&number), Err(DhError::OutsideSubgroup(group)), "{number:x}");
        }
        // Of the small orders that divide the cofactor.
        for small in [3_u32, 5, 7, 11, 13] {
            if (&minus_one % small) == BigUint::from(0_u8) {
                let element = BigUint::from(5_u8).modpow(&(&minus_one / small), &p);
                assert!(decode(&element).is_err(), "{small}");
            }
        }
        assert!(decode(&g).is_ok());
        assert!(decode(&g.modpow(&(&q - 1_u8), &p)).is_ok());
        let mut padded = vec![0; group.modulus_len()];
        let short = Generator::standard(group).0.encode();
        padded[group.modulus_len() - short.len()..].copy_from_slice(&short);
        assert_eq!(Element::decode(group, &padded), Ok(Generator::standard(group).0));
        assert!(matches!(Element::decode(group, &[]), Err(DhError::Encoding { .. })));
        padded.insert(0, 0);
        assert!(matches!(Element::decode(group, &padded), Err(DhError::Encoding { .. })));
    }
}

#[test]
fn private_keys_are_between_one_and_the_order() {
    for group in DhGroup::ALL {
        let [p, g, q] = numbers(group);
        let standard = Generator::standard(group);
        for number in [BigUint::from(0_u8), q.clone(), &q + 1_u8] {
            let made = PrivateKey::from_bytes(&standard, &number.to_bytes_be());
            assert_eq!(made.err(), Some(DhError::Exponent(group)));
        }
        assert!(PrivateKey::from_bytes(&standard, &[1; 33]).is_err());
        assert_eq!(key(&standard, &BigUint::from(1_u8)).public(), standard.element());
        let last = &q - 1_u8;
        assert_eq!(big(&key(&standard, &last).public().encode()), g.modpow(&last, &p));
    }
}

#[test]
fn agreement_equals_that_of_the_other_arithmetic() {
    for group in DhGroup::ALL {
        let [p, g, q] = numbers(group);
        let standard = Generator::standard(group);
        let ours = big(&[0xA7; 31]) % &q;
        let theirs = big(&[0x5C; 32]) % &q;
        let public = Element::decode(group, &g.modpow(&theirs, &p).to_bytes_be()).unwrap();
        let shared = key(&standard, &ours).agree(&public).unwrap();
        assert_eq!(shared.len(), group.modulus_len());
        assert_eq!(big(shared.expose()), g.modpow(&(ours * theirs), &p));

        let nonce = Secret::new(vec![0xE1; 32]);
        let mapped = Generator::map_generic(&nonce, &public).unwrap();
        let expected = g.modpow(&big(nonce.expose()), &p) * big(&public.encode()) % &p;
        assert_eq!(big(&mapped.element().encode()), expected);

        let random = Secret::new(vec![0xD3; group.modulus_len() + 16]);
        let mapped = Generator::map_integrated(group, &random).unwrap();
        let cofactor = (&p - 1_u8) / &q;
        assert_eq!(big(&mapped.element().encode()), big(random.expose()).modpow(&cofactor, &p));
    }
    let [one, other] = [DhGroup::Modp2048Q224, DhGroup::Modp2048Q256].map(Generator::standard);
    assert!(matches!(
        key(&one, &BigUint::from(2_u8)).agree(other.element()),
        Err(DhError::OtherGroup { .. })
    ));
}

#[test]
fn mapped_generators_that_are_known_are_refused() {
    for group in DhGroup::ALL {
        let [_, _, q] = numbers(group);
        let unmapped = Some(DhError::Unmapped(group));
        let standard = Generator::standard(group);
        let nonce = Secret::new(vec![5]);
        for (less, what) in [(5_u8, "one"), (4, "the standard generator")] {
            let shared = key(&standard, &(&q - less)).public().clone();
            assert_eq!(Generator::map_generic(&nonce, &shared).err(), unmapped, "{what}");
        }
        for random in [vec![0; 40], vec![1]] {
            assert_eq!(Generator::map_integrated(group, &Secret::new(random)).err(), unmapped);
        }
    }
}

#[test]
fn keys_are_drawn_until_one_fits() {
    struct First(u8);
    impl Entropy for First {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            out.fill(self.0);
            self.0 = 0x11;
            Ok(())
        }
    }
    struct Stuck;
    impl Entropy for Stuck {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            out.fill(0xFF);
            Ok(())
        }
    }
    for group in DhGroup::ALL {
        let standard = Generator::standard(group);
        for first in [0xFF, 0x00] {
            let made = PrivateKey::generate(&standard, &mut First(first)).unwrap();
            let expected = PrivateKey::from_bytes(&standard, &vec![0x11; group.order_bits() / 8]).unwrap();
            assert_eq!(made.public(), expected.public());
        }
        assert!(matches!(PrivateKey::generate(&standard, &mut Stuck), Err(DhError::Entropy(_))));
    }
}

/// Both sides of the ephemeral key agreement, over the generator of the example.
fn ephemeral(example: &Vector, mapped: &Generator) {
    let group = mapped.element().group();
    let [_, _, q] = numbers(group);
    assert_eq!(mapped.element().encode(), example.hex("mapped_generator"));
    for (own, other) in [("terminal", "chip"), ("chip", "terminal")] {
        // Appendix H.2 prints private keys wider than q; only the rest modulo q matters.
        let own_private = big(&example.hex(&format!("{own}_ephemeral_private"))) % &q;
        let private = key(mapped, &own_private);
        assert_eq!(private.public().encode(), example.hex(&format!("{own}_ephemeral_public")));
        let other = Element::decode(group, &example.hex(&format!("{other}_ephemeral_public"))).unwrap();
        assert_eq!(private.agree(&other).unwrap(), Secret::new(example.hex("shared_secret_k")));
    }
}

#[test]
fn generic_mapping_as_published() {
    let example = vector::load("pace/dh_gm");
    let group = DhGroup::Modp1024Q160;
    let standard = Generator::standard(group);
    for (own, other) in [("terminal", "chip"), ("chip", "terminal")] {
        let private = key(&standard, &big(&example.hex(&format!("{own}_map_private"))));
        assert_eq!(private.public().encode(), example.hex(&format!("{own}_map_public")));
        let other = Element::decode(group, &example.hex(&format!("{other}_map_public"))).unwrap();
        let shared = private.agree_element(&other).unwrap();
        assert_eq!(shared.encode(), example.hex("shared_secret_h"));
        ephemeral(&example, &Generator::map_generic(&Secret::new(example.hex("s")), &shared).unwrap());
    }
}

#[test]
fn integrated_mapping_as_published() {
    let example = vector::load("pace/dh_im");
    let random = Secret::new(example.hex("pseudo_random"));
    ephemeral(&example, &Generator::map_integrated(DhGroup::Modp1024Q160, &random).unwrap());
}
