//! The portrait on its way to the screen, and its end: nothing of it stays behind when the screen is cleared.

use std::sync::Arc;

use eframe::egui;
use egui::{Color32, ColorImage, Context, ImageData, TextureHandle, TextureId, TextureOptions, Vec2};
use reader_core::lds::portrait::Pixels;

/// The texture of the portrait that the model shows, if any.
#[derive(Default)]
pub(super) struct PortraitTexture {
    held: Option<Held>,
}

struct Held {
    pixels: Arc<Pixels>,
    image: Arc<ColorImage>,
    texture: TextureHandle,
}

/// What the screens need to draw it.
#[derive(Clone, Copy)]
pub(super) struct Drawn {
    pub texture: TextureId,
    pub size: Vec2,
}

impl PortraitTexture {
    /// Follows the model: uploads a portrait that is new, wipes one that is gone.
    pub(super) fn follow(&mut self, ctx: &Context, shown: Option<&Arc<Pixels>>) -> Option<Drawn> {
        let same = match (&self.held, shown) {
            (Some(held), Some(shown)) => Arc::ptr_eq(&held.pixels, shown),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.wipe();
            self.held = shown.and_then(|pixels| Held::upload(ctx, pixels));
        }
        self.held.as_ref().map(|held| Drawn { texture: held.texture.id(), size: held.texture.size_vec2() })
    }

    /// Overwrites the texture and the copy in memory, then lets both go. False if the copy was still in use.
    pub(super) fn wipe(&mut self) -> bool {
        let Some(mut held) = self.held.take() else { return true };
        held.texture.set(ColorImage::filled(held.image.size, Color32::TRANSPARENT), TextureOptions::LINEAR);
        // The upload has let go of its share by now, unless the portrait came and went within one frame.
        let alone = Arc::get_mut(&mut held.image);
        alone.map(|image| image.pixels.fill(Color32::TRANSPARENT)).is_some()
    }
}

impl Drop for PortraitTexture {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Held {
    fn upload(ctx: &Context, pixels: &Arc<Pixels>) -> Option<Self> {
        let size = [usize::try_from(pixels.width()).ok()?, usize::try_from(pixels.height()).ok()?];
        let image = Arc::new(ColorImage::from_rgb(size, &pixels.to_rgb()));
        // No name that says whose it is: it may turn up in a driver's log.
        let texture = ctx.load_texture("portrait", ImageData::Color(image.clone()), TextureOptions::LINEAR);
        Some(Self { pixels: pixels.clone(), image, texture })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The portrait of an invented holder.
    fn pixels() -> Arc<Pixels> {
        let card = test_vectors::persona::find("good").expect("a persona").card(1_790_000_000);
        let (_, file) = card.files.iter().find(|((_, id), _)| *id == 0x0102).expect("DG2");
        let portraits = reader_core::lds::portrait::Portraits::parse(file).expect("DG2 as it should be");
        let image = portraits.first_image().expect("one image");
        let decoded =
            reader_core::lds::portrait::decode(image, reader_core::lds::portrait::Limits::default());
        Arc::new(decoded.expect("a portrait"))
    }

    fn frame(ctx: &Context) {
        ctx.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
    }

    #[test]
    fn a_portrait_that_leaves_the_model_is_overwritten_and_freed() {
        let ctx = Context::default();
        let mut texture = PortraitTexture::default();
        let portrait = pixels();
        let drawn = texture.follow(&ctx, Some(&portrait)).expect("an upload");
        assert!(ctx.tex_manager().read().meta(drawn.texture).is_some());
        frame(&ctx);
        assert!(texture.follow(&ctx, Some(&portrait)).is_some());
        assert_eq!(Arc::strong_count(&portrait), 2);
        assert!(texture.wipe(), "somebody still holds the copy");
        assert_eq!(Arc::strong_count(&portrait), 1);
        frame(&ctx);
        assert!(ctx.tex_manager().read().meta(drawn.texture).is_none());
        assert!(texture.follow(&ctx, None).is_none());
    }
}
